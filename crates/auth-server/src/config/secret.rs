//! Text that must never be printed: the core's type, so that a secret is one type from the environment to its use.

pub use auth_core::secret::Secret;
