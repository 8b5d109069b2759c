//! The worked example of `docs/governance.md`, from the files to the refusal: what the page says is what the program does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use acquaint_tests::Environment;
use acquaint_tests::control_plane::{ControlPlane, Settings};
use serde_json::json;

const PAGE: &str = "docs/governance.md";

/// What stands between fences of a language; without one where it is empty.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut found = Vec::new();
    let mut open: Option<(bool, String)> = None;
    for line in page.lines() {
        match &mut open {
            None if line.starts_with("```") => open = Some((line == fence, String::new())),
            None => {}
            Some((wanted, text)) if line == "```" => {
                if *wanted {
                    found.push(std::mem::take(text));
                }
                open = None;
            }
            Some((_, text)) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    found
}

/// Where lines are broken does not matter.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Place {
    folder: tempfile::TempDir,
    control: ControlPlane,
}

impl Place {
    fn new() -> Self {
        let environment = Environment::from_variables().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let control = ControlPlane::start(&environment, folder.path(), &Settings::default()).unwrap();
        Self { folder, control }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    /// What `acquaint apply` says.
    fn apply(&self, file: &Path) -> Result<String, String> {
        let arguments = ["apply".as_ref(), "--yes".as_ref(), "--file".as_ref(), file.as_os_str()];
        self.control.cli(arguments).map_err(|error| error.to_string())
    }
}

#[test]
fn the_example_of_the_page_is_refused_as_the_page_says() {
    let place = Place::new();
    let page = std::fs::read_to_string(acquaint_tests::environment::repository().join(PAGE)).unwrap();
    let [labels, policies, flows] = <[String; 3]>::try_from(blocks(&page, "yaml")).unwrap();
    let said = blocks(&page, "").into_iter().find(|block| block.contains("policy-violation")).unwrap();

    place.apply(&place.file("labels.yaml", &labels)).unwrap();
    place.apply(&place.file("policies.yaml", &policies)).unwrap();
    let flows = place.file("flows.yaml", &flows);
    let refused = place.apply(&flows).unwrap_err();
    let shown = words(&refused.replace(&format!("{}/", place.folder.path().display()), ""));
    assert!(shown.contains(&words(&said)), "{refused}");
    assert_eq!(place.control.admin.get("/flows").unwrap().ok().unwrap(), json!({"flows": []}));

    // Without its action the destination takes everything; then it cannot have the action again.
    let destination = |actions: &str| {
        format!(
            "kind: destination\nid: ads\nconnection: {{ type: csvFile, directory: ads }}\nmarketingActions: {actions}\n"
        )
    };
    let acting = place.file("acting.yaml", &destination("[core/exportToThirdParty]"));
    place.apply(&place.file("idle.yaml", &destination("[]"))).unwrap();
    place.apply(&flows).unwrap();
    let refused = place.apply(&acting).unwrap_err();
    assert!(refused.contains("acting.yaml:4:1: policy-violation destination `ads`"), "{refused}");

    // The policy can be asked for the same.
    let asked = "/data/foundation/dulepolicy/marketingActions/core/exportToThirdParty/constraints";
    let partners = json!([{"entityType": "dataSet", "entityId": "partners", "entityMeta": {"fields": ["/properties/homeAddress"]}}]);
    let answer = place.control.admin.post(asked, &partners).unwrap().ok().unwrap();
    assert_eq!(answer["duleLabels"], json!(["C2", "S2", "partner-data"]));
    assert_eq!(answer["violatedPolicies"][0]["id"], "stay");
}
