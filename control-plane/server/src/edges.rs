//! The edges that there are to publish to: none, one, or several, each in a region of its own.

use std::collections::BTreeMap;

use acquaint_engine::publish;

use crate::tokens::{EdgeTokens, Error, Tokens};

/// An edge.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    /// Where it is, if it is one of several: the location hint that it gives with what it forwards.
    region: Option<String>,
    /// Its address, without a slash at the end.
    pub url: String,
    /// What it is told is signed by the first of these.
    pub tokens: EdgeTokens,
}

impl Edge {
    /// Which it is, by what it is owed.
    pub(crate) fn owed(&self) -> publish::Edge<'_> {
        self.region.as_deref().map_or(publish::Edge::Only, publish::Edge::In)
    }

    /// Its name in what people read.
    pub(crate) fn name(&self) -> &str {
        self.region.as_deref().unwrap_or("the edge")
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Edges(Vec<Edge>);

impl Edges {
    /// As the settings have them. The tokens of each are believed from now on.
    pub(crate) fn new(
        only: Option<String>,
        several: BTreeMap<String, String>,
        tokens: &mut Tokens,
    ) -> Result<Self, Error> {
        let address = |url: String| url.trim_end_matches('/').to_owned();
        let mut edges = Vec::new();
        for (region, url) in several {
            let tokens = tokens.of_edge(&region)?;
            edges.push(Edge { region: Some(region), url: address(url), tokens });
        }
        let only = only.map(|url| Edge { region: None, url: address(url), tokens: tokens.edge.clone() });
        edges.extend(only);
        Ok(Self(edges))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The regions of several; none where there is one edge, or no edge.
    pub(crate) fn regions(&self) -> Vec<&str> {
        self.0.iter().filter_map(|edge| edge.region.as_deref()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::Token;

    #[test]
    fn one_edge_needs_no_region_and_several_have_one_each() {
        let mut tokens = Tokens { admin: Token::new("a"), edge: EdgeTokens::new("t") };
        let one = Edges::new(Some("http://a/".into()), BTreeMap::new(), &mut tokens).unwrap();
        let told: Vec<_> = one.iter().map(|edge| (edge.owed(), edge.url.as_str())).collect();
        assert_eq!((told, one.regions()), (vec![(publish::Edge::Only, "http://a")], vec![]));
        let several =
            [("or2", "http://b"), ("irl1", "http://c")].map(|(hint, url)| (hint.into(), url.into()));
        let several = Edges::new(None, several.into(), &mut tokens).unwrap();
        assert_eq!(several.regions(), ["irl1", "or2"]);
    }
}
