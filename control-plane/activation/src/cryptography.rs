//! The TLS library wants one choice of cryptography for the whole process; whoever was first has made it.

use std::sync::Once;

static PROVIDER: Once = Once::new();

/// Chooses, if nobody has.
pub(crate) fn install() {
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
