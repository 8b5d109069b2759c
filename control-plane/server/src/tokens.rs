//! The tokens of the house: the administrator's and the edge's, or those of several edges. From the environment, else from the data directory,
//! where they are made on the first start. Compared in constant time.

use std::io::Write;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The file of the admin token in the data directory.
pub(crate) const ADMIN_FILE: &str = "admin.token";
const EDGE_FILE: &str = "edge.token";
const RANDOM_BYTES: usize = 32;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is there and cannot be read, or cannot be made.
    #[error("cannot read or write `{}`", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Nobody should be let in by an empty token.
    #[error("the token in {place} is empty")]
    Empty {
        /// The variable or file.
        place: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// One token, kept as its digest.
#[derive(Clone)]
pub(crate) struct Token {
    text: String,
    digest: [u8; 32],
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token")
    }
}

impl Token {
    /// Wraps a token.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { digest: Sha256::digest(&text).into(), text }
    }

    /// Whether this is the token. Digests are compared, whole, so that the time taken tells nothing.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        let difference = self.digest.iter().zip(&presented).fold(0_u8, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(difference) == 0
    }
}

/// What edge and control plane know each other by: several, with spaces between, while one takes over from another. The
/// first signs, all are believed.
#[derive(Clone, Debug)]
pub(crate) struct EdgeTokens(Vec<Token>);

impl EdgeTokens {
    /// Reads them.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.split_whitespace().map(Token::new).collect())
    }

    /// These, and then those.
    fn and(mut self, others: &Self) -> Self {
        self.0.extend(others.0.iter().cloned());
        self
    }

    /// The one that signs.
    pub(crate) fn signing(&self) -> &str {
        self.texts().next().unwrap_or_default()
    }

    /// Those that are believed.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|token| token.text.as_str())
    }

    /// Whether it is one of them.
    pub(crate) fn matches(&self, presented: &str) -> bool {
        self.0.iter().any(|token| token.matches(presented))
    }
}

/// All tokens.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    /// Who may administrate.
    pub admin: Token,
    /// See [`EdgeTokens`]: those that any edge may present.
    pub edge: EdgeTokens,
}

/// The token of the edge of one region, where several do not share one.
fn variable_of(region: &str) -> String {
    format!("ACQUAINT_EDGE_TOKEN_{}", region.to_ascii_uppercase().replace('-', "_"))
}

impl Tokens {
    /// Those of the edge of a region, which any edge may present from now on: its own, or those of all edges.
    pub(crate) fn of_edge(&mut self, region: &str) -> Result<EdgeTokens, Error> {
        self.of_edge_in(region, std::env::var(variable_of(region)).ok().as_deref())
    }

    fn of_edge_in(&mut self, region: &str, own: Option<&str>) -> Result<EdgeTokens, Error> {
        let Some(own) = own.map(EdgeTokens::new) else { return Ok(self.edge.clone()) };
        if own.0.is_empty() {
            return Err(Error::Empty { place: format!("the variable {}", variable_of(region)) });
        }
        self.edge = self.edge.clone().and(&own);
        Ok(own)
    }

    /// From the environment or the data directory.
    pub(crate) fn load(data: &Path) -> Result<Self, Error> {
        Ok(Self {
            admin: Token::new(one("ACQUAINT_ADMIN_TOKEN", &data.join(ADMIN_FILE))?),
            edge: EdgeTokens::new(&one("ACQUAINT_EDGE_TOKEN", &data.join(EDGE_FILE))?),
        })
    }
}

fn one(variable: &str, path: &Path) -> Result<String, Error> {
    let (text, place) = match std::env::var(variable) {
        Ok(text) => (text, format!("the variable {variable}")),
        Err(_) => (read_or_make(path)?, format!("`{}`", path.display())),
    };
    match text.trim() {
        "" => Err(Error::Empty { place }),
        token => Ok(token.to_owned()),
    }
}

fn read_or_make(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let mut bytes = [0_u8; RANDOM_BYTES];
    rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes).map_err(|_| Error::Random)?;
    let text = URL_SAFE_NO_PAD.encode(bytes);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(failed)?;
    writeln!(file, "{text}").and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_made_once_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(ADMIN_FILE);
        let first = read_or_make(&path).unwrap();
        assert_eq!(read_or_make(&path).unwrap().trim(), first);
        assert!(first.len() >= 40);
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&path.metadata().unwrap().permissions()) & 0o777,
            0o600
        );
    }

    #[test]
    fn only_the_token_itself_matches() {
        let token = Token::new("abc");
        assert!(token.matches("abc"));
        assert!(!token.matches("abcd"));
        assert!(!token.matches(""));
    }

    #[test]
    fn of_two_edge_tokens_the_first_signs_and_both_are_believed() {
        let tokens = EdgeTokens::new("new old");
        assert_eq!(tokens.signing(), "new");
        assert_eq!(
            ["new", "old", "new old", ""].map(|token| tokens.matches(token)),
            [true, true, false, false]
        );
    }

    #[test]
    fn an_edge_with_a_token_of_its_own_is_told_by_that_and_believed_beside_the_others() {
        let mut tokens = Tokens { admin: Token::new("a"), edge: EdgeTokens::new("all") };
        let own = tokens.of_edge_in("eu-west", Some("mine")).unwrap();
        let shared = tokens.of_edge_in("or2", None).unwrap();
        assert_eq!((own.signing(), shared.signing()), ("mine", "all"));
        assert_eq!(["all", "mine", "other"].map(|token| tokens.edge.matches(token)), [true, true, false]);
        assert!(matches!(tokens.of_edge_in("or2", Some(" ")), Err(Error::Empty { .. })));
        assert_eq!(variable_of("eu-west"), "ACQUAINT_EDGE_TOKEN_EU_WEST");
    }

    #[test]
    fn an_empty_token_lets_nobody_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("empty.token");
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(one("ACQUAINT_NO_SUCH_VARIABLE", &path), Err(Error::Empty { .. })));
    }
}
