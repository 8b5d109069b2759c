//! The loop of object storage: looks for files where it is time to, and imports what was found or asked for.

use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::app::Shared;
use crate::objects::looks::Looks;
use crate::objects::turn::Turns;

/// The bell is rung whenever there is something to import; this is how late a look may be.
const WAIT: Duration = Duration::from_secs(1);

/// Runs until it is time to stop.
pub(super) fn run(app: &Shared, runtime: &Handle, transfers: PathBuf) {
    // Of a copy that a crash has cut off before it lost its name.
    if let Err(error) = std::fs::remove_dir_all(&transfers)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return app.fail("objects", &error);
    }
    let mut looks = Looks::new(app.clone(), runtime.clone());
    let mut turns = Turns::new(app.clone(), runtime.clone(), transfers);
    while !app.is_stopping() {
        let seen = app.bell.rings();
        let turned = looks.turn().and_then(|()| turns.turn(WAIT));
        match turned {
            Ok(wait) => app.bell.wait(seen, wait),
            // Somebody else began an import at the same instant.
            Err(acquaint_engine::Error::Store(acquaint_store::Error::Conflict { .. })) => app.objects.look(),
            Err(error) => return app.fail("objects", &error),
        }
    }
}
