//! An object as a file that is read from its beginning to its end, a bounded part at a time; each part only if the object is
//! still the version that was chosen. What goes wrong is kept for whoever reads, because readers of formats only know
//! errors of files; and nothing is read behind it, because they may go on in the middle of a row.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

use acquaint_activation::objects::{Bucket, Failure, Object};
use tokio::runtime::Handle;

use crate::app::Shared;

/// Bytes of one request.
const PART_BYTES: u64 = 8 * 1024 * 1024;

/// Why reading ended before the end.
#[derive(Clone, Debug)]
pub(super) enum Stop {
    /// The process ends.
    Ending,
    /// The storage did not give it.
    Failed(Failure),
}

/// What went wrong, if anything did.
pub(super) type Stopped = Rc<RefCell<Option<Stop>>>;

/// The bytes of an object.
pub(super) struct Parts {
    app: Shared,
    runtime: Handle,
    bucket: Bucket,
    object: Object,
    /// Where the next part begins.
    next: u64,
    part: Vec<u8>,
    /// How much of the part is read.
    read: usize,
    stopped: Stopped,
}

impl Parts {
    pub(super) fn new(app: &Shared, runtime: &Handle, bucket: Bucket, object: Object) -> (Self, Stopped) {
        let stopped = Stopped::default();
        let parts = Self {
            app: Arc::clone(app),
            runtime: runtime.clone(),
            bucket,
            object,
            next: 0,
            part: Vec::new(),
            read: 0,
            stopped: Rc::clone(&stopped),
        };
        (parts, stopped)
    }

    fn fetch(&self) -> Result<Vec<u8>, Stop> {
        if let Some(stop) = &*self.stopped.borrow() {
            return Err(stop.clone());
        }
        let mut ending = self.app.watch_engine();
        let app = &self.app;
        let part = self.bucket.read(&self.object, self.next, PART_BYTES);
        self.runtime.block_on(async {
            tokio::select! {
                part = part => part.map_err(Stop::Failed),
                _ = ending.wait_for(|_| app.is_stopping()) => Err(Stop::Ending),
            }
        })
    }
}

impl Read for Parts {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.read >= self.part.len() && self.next < self.object.bytes {
            self.part = self.fetch().map_err(|stop| {
                *self.stopped.borrow_mut() = Some(stop);
                io::Error::other("the object cannot be read")
            })?;
            self.read = 0;
            self.next = self.next.saturating_add(u64::try_from(self.part.len()).unwrap_or(u64::MAX));
        }
        let mut rest = self.part.get(self.read..).unwrap_or_default();
        let read = rest.read(into)?;
        self.read = self.read.saturating_add(read);
        Ok(read)
    }
}
