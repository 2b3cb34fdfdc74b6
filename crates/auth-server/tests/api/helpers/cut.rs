//! A store whose cable can be cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use auth_core::store::{Access, Outcome, Transaction};
use auth_core::{Store, StoreError};

/// Serves, or refuses every transaction, as it is told.
pub(crate) struct Cut {
    inner: Arc<dyn Store>,
    refuses: AtomicBool,
    runs: AtomicUsize,
}

impl Cut {
    pub(crate) fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self { inner, refuses: AtomicBool::new(false), runs: AtomicUsize::new(0) })
    }

    pub(crate) fn cut(&self) {
        self.refuses.store(true, Ordering::SeqCst);
    }

    pub(crate) fn mend(&self) {
        self.refuses.store(false, Ordering::SeqCst);
    }

    /// How many transactions were asked for, refused ones included.
    pub(crate) fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

impl Store for Cut {
    fn run(&self, access: Access, work: &mut dyn FnMut(&mut dyn Transaction) -> Outcome) -> Result<(), StoreError> {
        let done = if self.refuses.load(Ordering::SeqCst) {
            Err(StoreError::unavailable("cut"))
        } else {
            self.inner.run(access, work)
        };
        self.runs.fetch_add(1, Ordering::SeqCst);
        done
    }
}
