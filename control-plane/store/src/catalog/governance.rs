//! What data may be used for: labels say what data is, marketing actions what is done with it, policies which of the two do
//! not go together (`pql.md` section 6). Labels and actions that everybody has are here; what they lead to is decided by
//! whoever saves definitions.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Catalog;

/// A label of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Label {
    /// Its name, as it stands on data.
    pub id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub friendly_name: Option<String>,
    /// What it says of data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A marketing action of one's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MarketingAction {
    /// Its name.
    pub id: String,
    /// What is done with data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A policy: for which actions data may not be used, by its labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Policy {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Why there is such a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is kept.
    #[serde(default)]
    pub status: PolicyStatus,
    /// The actions that it is about.
    pub marketing_action_refs: Vec<ActionRef>,
    /// The labels with which they are not allowed.
    pub deny: Deny,
}

/// Whether a policy is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PolicyStatus {
    /// Not yet: it can be asked for what it would refuse.
    #[default]
    Draft,
    /// It is.
    Enabled,
    /// No longer.
    Disabled,
}

impl PolicyStatus {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Enabled => "ENABLED",
            Self::Disabled => "DISABLED",
        }
    }
}

/// Labels together: a label, or an operator and its operands, each of which is such a tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Deny {
    /// The label is there.
    Label(String),
    /// `AND`: all of them hold.
    All(Vec<Deny>),
    /// `OR`: one of them holds.
    Any(Vec<Deny>),
}

impl Deny {
    /// Whether it holds where these labels are.
    pub fn holds(&self, labels: &BTreeSet<&str>) -> bool {
        match self {
            Self::Label(label) => labels.contains(label.as_str()),
            Self::All(operands) => operands.iter().all(|operand| operand.holds(labels)),
            Self::Any(operands) => operands.iter().any(|operand| operand.holds(labels)),
        }
    }

    /// The labels that it names, in the order in which they stand.
    pub fn labels(&self) -> Vec<&str> {
        match self {
            Self::Label(label) => vec![label],
            Self::All(operands) | Self::Any(operands) => operands.iter().flat_map(Self::labels).collect(),
        }
    }

    /// How many trees lie in each other, at most; 1 of a label.
    pub fn depth(&self) -> usize {
        match self {
            Self::Label(_) => 1,
            Self::All(operands) | Self::Any(operands) => {
                operands.iter().map(Self::depth).max().unwrap_or(0).saturating_add(1)
            }
        }
    }

    /// Whether an operator in it has nothing to work on.
    pub fn has_empty(&self) -> bool {
        match self {
            Self::Label(_) => false,
            Self::All(operands) | Self::Any(operands) => {
                operands.is_empty() || operands.iter().any(Self::has_empty)
            }
        }
    }
}

/// As it is written and stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operator: Option<Operator>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operands: Option<Vec<Deny>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Operator {
    And,
    Or,
}

impl TryFrom<Written> for Deny {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match (written.label, written.operator, written.operands) {
            (Some(label), None, None) => Ok(Self::Label(label)),
            (None, Some(Operator::And), Some(operands)) => Ok(Self::All(operands)),
            (None, Some(Operator::Or), Some(operands)) => Ok(Self::Any(operands)),
            _ => Err("a condition has either `label`, or `operator` and `operands`"),
        }
    }
}

impl From<Deny> for Written {
    fn from(deny: Deny) -> Self {
        let joined =
            |operator, operands| Self { label: None, operator: Some(operator), operands: Some(operands) };
        match deny {
            Deny::Label(label) => Self { label: Some(label), operator: None, operands: None },
            Deny::All(operands) => joined(Operator::And, operands),
            Deny::Any(operands) => joined(Operator::Or, operands),
        }
    }
}

/// Who made a label or an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Container {
    /// It is there for everybody.
    Core,
    /// It is defined.
    Custom,
}

impl Container {
    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Custom => "custom",
        }
    }

    /// The container of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Core, Self::Custom].into_iter().find(|container| container.name() == name)
    }
}

/// A marketing action by its name: `core/emailTargeting`, `custom/telesales`. An address that ends so is read as well.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActionRef {
    /// Where it is.
    pub container: Container,
    /// Its name there.
    pub name: String,
}

impl TryFrom<String> for ActionRef {
    type Error = &'static str;

    fn try_from(written: String) -> Result<Self, Self::Error> {
        const FORM: &str = "a marketing action is `core/NAME` or `custom/NAME`";
        // Only what comes behind `marketingActions` matters in an address.
        let own = written.rsplit_once("marketingActions/").map_or(written.as_str(), |(_, own)| own);
        let (container, name) = own.split_once('/').ok_or(FORM)?;
        let container = Container::parse(container).ok_or(FORM)?;
        if name.is_empty() || name.contains('/') {
            return Err(FORM);
        }
        Ok(Self { container, name: name.to_owned() })
    }
}

impl From<ActionRef> for String {
    fn from(action: ActionRef) -> Self {
        action.to_string()
    }
}

impl fmt::Display for ActionRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.container.name(), self.name)
    }
}

/// A label or an action that everybody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Core {
    /// Its name.
    pub name: &'static str,
    /// Of a label what it is about; empty for actions.
    pub category: &'static str,
    /// What it says.
    pub description: &'static str,
}

const fn core(name: &'static str, category: &'static str, description: &'static str) -> Core {
    Core { name, category, description }
}

/// The field of a profile under which its identities are.
pub const IDENTITY_MAP: &str = "identityMap";
/// The field of a profile under which its memberships are.
pub const SEGMENT_MEMBERSHIP: &str = "segmentMembership";

/// The label of profiles of which several identities were made one.
pub const STITCHED: &str = "C10";

/// The labels that everybody has: C for contracts, I for identities, S for what is sensitive.
pub const CORE_LABELS: [Core; 18] = [
    core("C1", "Contract", "leaves only as totals, without identifiers of people or devices"),
    core("C2", "Contract", "does not go to third parties"),
    core("C3", "Contract", "is not put together with what identifies a person directly"),
    core("C4", "Contract", "is not used to choose advertisements or content, here or elsewhere"),
    core("C5", "Contract", "is not used to choose content or advertisements across sites by interest"),
    core("C6", "Contract", "is not used to choose advertisements on the own site"),
    core("C7", "Contract", "is not used to choose content on the own site"),
    core("C8", "Contract", "is not used to measure the own sites"),
    core("C9", "Contract", "is not used for data science"),
    core(STITCHED, "Contract", "is not used where identities were stitched together"),
    core("C11", "Contract", "is not matched with partners"),
    core("C12", "Contract", "does not leave at all"),
    core("I1", "Identity", "identifies a person directly"),
    core("I2", "Identity", "identifies a person together with other data"),
    core("S1", "Sensitive", "says exactly where a device is"),
    core("S2", "Sensitive", "says roughly where somebody is"),
    core("PSPD", "Sensitive", "is personal data of a sensitive kind that a contract permits"),
    core("RHD", "Sensitive", "is health data"),
];

/// The marketing actions that everybody has.
pub const CORE_ACTIONS: [Core; 10] = [
    core("analytics", "", "measures and reports how sites and apps are used"),
    core("combineWithIdentifiableData", "", "puts anonymous data together with what identifies a person"),
    core("crossSiteTargeting", "", "chooses advertisements by data of several sites"),
    core("dataScience", "", "makes models of data"),
    core("emailTargeting", "", "chooses who gets which mail"),
    core("exportToThirdParty", "", "gives data to others who have nothing to do with the person"),
    core("onsiteAdvertising", "", "chooses advertisements on the own sites"),
    core("onsitePersonalization", "", "chooses content on the own sites"),
    core("segmentMatch", "", "matches audiences with those of partners"),
    core(
        "singleIdentityPersonalization",
        "",
        "personalizes by one identity, not by several stitched together",
    ),
];

impl Catalog {
    /// Whether there is such a label.
    pub fn has_label(&self, name: &str) -> bool {
        CORE_LABELS.iter().any(|label| label.name == name) || self.labels.contains_key(name)
    }

    /// Whether there is such a marketing action.
    pub fn has_action(&self, action: &ActionRef) -> bool {
        match action.container {
            Container::Core => CORE_ACTIONS.iter().any(|known| known.name == action.name),
            Container::Custom => self.marketing_actions.contains_key(&action.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn tree(written: Value) -> Result<Deny, String> {
        serde_json::from_value(written).map_err(|error| error.to_string())
    }

    #[test]
    fn a_tree_holds_by_its_operators() {
        let third = json!({"operator": "OR", "operands": [{"label": "C3"}, {"label": "C7"}]});
        let deny = tree(json!({"operator": "AND", "operands": [{"label": "C1"}, third]})).unwrap();
        let check = |labels: &[&str], expected: bool| {
            assert_eq!(deny.holds(&labels.iter().copied().collect()), expected, "{labels:?}");
        };
        check(&[], false);
        check(&["C1"], false);
        check(&["C3", "C7"], false);
        check(&["C1", "C7"], true);
        check(&["C1", "C3", "I1"], true);
        check(&["c1", "C3"], false);
        assert_eq!((deny.labels(), deny.depth()), (vec!["C1", "C3", "C7"], 3));
    }

    #[test]
    fn a_tree_is_either_a_label_or_an_operation_and_comes_back_as_it_was() {
        let check = |written: Value, expected: bool| {
            let read = tree(written.clone());
            assert_eq!(read.is_ok(), expected, "{written}");
            if let Ok(read) = read {
                assert_eq!(json!(read), written);
            }
        };
        check(json!({"label": "C1"}), true);
        check(json!({"operator": "OR", "operands": []}), true);
        check(json!({"operator": "XOR", "operands": []}), false);
        check(json!({"operator": "OR"}), false);
        check(json!({}), false);
        check(json!({"label": "C1", "operator": "OR", "operands": []}), false);
        check(json!({"lable": "C1"}), false);
        assert!(
            tree(
                json!({"operator": "OR", "operands": [{"label": "C1"}, {"operator": "AND", "operands": []}]})
            )
            .unwrap()
            .has_empty()
        );
    }

    #[test]
    fn an_action_is_named_by_its_container_and_name() {
        let check = |written: &str, expected: Option<&str>| {
            let read = ActionRef::try_from(written.to_owned());
            assert_eq!(read.ok().map(|read| read.to_string()).as_deref(), expected, "{written}");
        };
        check("core/emailTargeting", Some("core/emailTargeting"));
        check("../marketingActions/custom/telesales", Some("custom/telesales"));
        let address = "https://example.com:443/data/foundation/dulepolicy/marketingActions/core/analytics";
        check(address, Some("core/analytics"));
        check("analytics", None);
        check("other/analytics", None);
        check("core/", None);
        check("core/a/b", None);
    }
}
