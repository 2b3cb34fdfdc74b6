//! The memory of hashes: as much as may be in use at once, kept for the next one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

/// Memory for a number of hashes at once. Whoever comes when all of it is in use waits: that is what bounds the hashes.
pub(super) struct Memories {
    state: Mutex<State>,
    given_back: Condvar,
    /// The size that is kept, in blocks.
    size: usize,
}

struct State {
    /// How many more may be taken.
    permits: usize,
    free: Vec<Memory>,
}

/// Memory that is in use until this is dropped.
pub(super) struct Taken<'a> {
    memories: &'a Memories,
    memory: Option<Memory>,
}

struct Memory(Vec<Block>);

impl Drop for Memory {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Memories {
    /// For `at_once` hashes, and at least one; memory of `size` blocks is kept.
    pub(super) fn new(at_once: usize, size: usize) -> Self {
        let state = State { permits: at_once.max(1), free: Vec::new() };
        Self { state: Mutex::new(state), given_back: Condvar::new(), size }
    }

    /// Memory of at least `blocks`, when it is one's turn. `None` where the system has none.
    pub(super) fn take(&self, blocks: usize) -> Option<Taken<'_>> {
        let mut state = self.lock();
        while state.permits == 0 {
            state = self.given_back.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.permits -= 1;
        let free = state.free.pop();
        drop(state);
        // From here on a drop gives the permit back.
        let mut taken = Taken { memories: self, memory: None };
        // One that is too small is dropped first: growing it would hold both for a moment, and copy.
        taken.memory = Some(free.filter(|memory| memory.0.len() >= blocks).or_else(|| Memory::new(blocks))?);
        Some(taken)
    }

    /// How many are kept now.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        let state = self.lock();
        assert!(state.free.iter().all(|memory| memory.0.len() == self.size));
        state.free.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    fn new(blocks: usize) -> Option<Self> {
        let mut memory = Vec::new();
        memory.try_reserve_exact(blocks).ok()?;
        memory.resize(blocks, Block::new());
        Some(Self(memory))
    }
}

impl Taken<'_> {
    /// The first `blocks` of it.
    pub(super) fn blocks(&mut self, blocks: usize) -> Option<&mut [Block]> {
        self.memory.as_mut()?.0.get_mut(..blocks)
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        // What a stored hash of another cost needed is not kept, and goes before the next one is made.
        let own = self.memory.take().filter(|memory| memory.0.len() == self.memories.size);
        let mut state = self.memories.lock();
        state.permits += 1;
        state.free.extend(own);
        drop(state);
        self.memories.given_back.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn no_more_are_in_use_at_once_than_may_be() {
        let memories = Memories::new(2, 8);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let taken = memories.take(8).unwrap();
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        now.fetch_sub(1, Ordering::SeqCst);
                        drop(taken);
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        assert!((1..=2).contains(&memories.kept()));
    }

    #[test]
    fn what_fails_or_panics_gives_its_permit_back() {
        let memories = Memories::new(1, 8);
        assert!(memories.take(usize::MAX).is_none(), "nobody has so much");
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _taken = memories.take(8).unwrap();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(memories.take(8).unwrap().blocks(8).map(|blocks| blocks.len()), Some(8));
    }

    #[test]
    fn memory_of_another_size_is_not_kept_and_the_next_one_is_of_its_own() {
        let memories = Memories::new(1, 8);
        drop(memories.take(16).unwrap());
        assert_eq!(memories.kept(), 0);
        drop(memories.take(4).unwrap());
        assert_eq!(memories.kept(), 0);
        drop(memories.take(8).unwrap());
        assert_eq!(memories.kept(), 1);
        assert!(memories.take(16).unwrap().blocks(16).is_some());
    }
}
