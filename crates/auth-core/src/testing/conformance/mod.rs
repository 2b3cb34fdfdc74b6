//! The contract of a store, as tests that anybody's store can run.
//!
//! ```ignore
//! // tests/conformance.rs of your store's crate
//! use auth_core::testing::conformance::Fixture;
//!
//! auth_core::conformance_tests!(|| Fixture::new(std::sync::Arc::new(MyStore::empty())));
//! ```
//!
//! Each case becomes a test of its own name and gets a store of its own, which must be empty. Attributes behind the
//! expression are put on every test: `conformance_tests!(|| …; #[ignore = "…"])`.

pub mod attempts;
pub mod audit;
pub mod keys;
pub mod passwords;
pub mod roles;
pub mod samples;
pub mod sessions;
pub mod transactions;
pub mod user_lists;
pub mod users;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::store::Store;

/// An empty store, and what must live as long as it (a temporary folder, a database that is dropped afterwards).
pub struct Fixture {
    store: Arc<dyn Store>,
    _guard: Box<dyn Any>,
}

impl Fixture {
    /// A store that needs nothing else.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self::with_guard(store, ())
    }

    /// A store, and what is dropped after it.
    pub fn with_guard(store: Arc<dyn Store>, guard: impl Any) -> Self {
        Self { store, _guard: Box::new(guard) }
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fixture")
    }
}

/// Makes one test of each case of the suite: `conformance_tests!(|| Fixture::new(…));`
#[macro_export]
macro_rules! conformance_tests {
    ($setup:expr $(; $(#[$attribute:meta])+)?) => {
        $crate::__conformance_tests! { [$($(#[$attribute])+)?] ($setup)
            users:
                an_inserted_user_is_found_by_id_name_and_number,
                what_is_not_there_is_none,
                every_text_and_instant_comes_back_as_it_was,
                a_canonical_name_is_given_once,
                a_skeleton_is_claimed_once_and_need_not_be_claimed,
                a_legacy_number_is_given_once,
                of_several_taken_facts_the_name_is_told_first,
                a_refused_insert_leaves_the_transaction_usable,
                an_id_used_twice_is_a_conflict,
                of_parallel_inserts_of_one_name_one_wins,
                the_state_is_set_on_one_account_alone,
                a_deleted_account_takes_its_password_and_sessions_along,
                whoever_locks_an_account_sees_what_the_one_before_did,
                an_account_is_renamed_under_the_rules_of_an_insert,
                the_credential_version_is_raised_by_one;
            user_lists:
                accounts_are_listed_in_the_order_in_which_they_came,
                accounts_are_listed_by_the_beginning_of_their_names,
                accounts_are_listed_by_when_they_were_made,
                every_filter_and_every_page_of_a_list_agree,
                a_place_of_another_order_is_no_place,
                accounts_are_counted_by_state;
            roles:
                a_role_is_had_once_and_by_its_account_alone,
                a_role_needs_an_account_and_goes_with_it,
                of_parallel_grants_one_wins,
                an_active_account_holds_a_role_and_a_disabled_one_does_not,
                whoever_locks_the_roles_sees_what_the_one_before_did;
            passwords:
                a_hash_is_kept_as_it_is,
                an_account_has_one_password,
                a_password_needs_an_account,
                a_rehash_replaces_the_hash_that_it_saw_and_no_other,
                of_parallel_rehashes_one_wins,
                a_change_sets_the_hash_and_its_instant,
                hashes_are_counted_by_class,
                the_plan_for_decoys_is_replaced_by_who_saw_it;
            sessions:
                a_session_comes_back_as_it_was,
                a_session_needs_an_account_and_an_id_of_its_own,
                live_sessions_are_listed_least_recently_refreshed_first,
                a_session_lives_until_its_limit_and_not_at_it,
                a_session_that_idled_until_its_limit_is_not_live,
                the_first_end_of_a_session_stands,
                of_parallel_ends_one_wins,
                a_rotation_advances_the_generation_that_it_saw,
                of_parallel_rotations_one_wins,
                all_sessions_of_an_account_end_but_one,
                every_ending_is_heard_once_and_in_order,
                every_session_ends_by_batches_and_one_number_tells_of_it,
                a_poller_misses_no_ending_of_parallel_transactions,
                the_dead_are_forgotten_and_nobody_else,
                sessions_that_have_not_ended_are_counted,
                the_root_keys_of_live_sessions_are_told,
                live_sessions_born_under_a_root_key_are_listed_by_pages;
            attempts:
                a_tally_is_made_once_and_comes_back_as_it_was,
                what_is_not_there_is_not_made_by_a_look,
                a_cleared_tally_begins_anew,
                a_window_is_made_once_and_comes_back_as_it_was,
                of_parallel_attempts_none_is_lost,
                of_parallel_attempts_in_a_window_none_is_lost,
                what_matters_to_nobody_is_forgotten,
                the_oldest_of_too_many_names_go_and_none_that_blocks;
            keys:
                a_key_comes_back_as_it_was,
                keys_are_listed_by_ordinal,
                an_ordinal_is_given_once,
                an_ordinal_counts_from_one,
                of_parallel_keys_of_one_ordinal_one_wins,
                a_key_id_used_twice_is_a_conflict,
                a_reseal_replaces_the_sealed_part_that_it_saw_and_no_other,
                of_parallel_reseals_one_wins,
                a_waiting_key_is_brought_forward_and_never_put_off,
                a_key_that_cannot_sign_is_not_brought_forward,
                a_revoked_key_loses_its_private_part_and_the_first_revocation_stands,
                of_parallel_revocations_one_wins,
                a_revoked_key_gets_no_private_part_back,
                an_erased_key_keeps_its_row,
                a_key_is_removed_unless_it_was_revoked,
                whoever_locks_the_keys_sees_what_the_one_before_did;
            audit:
                every_kind_of_event_comes_back_as_it_was,
                lines_are_listed_latest_first_and_by_pages,
                history_outlives_the_account,
                lines_are_found_by_account_kind_and_time,
                the_earliest_lines_are_forgotten_and_no_others;
            transactions:
                what_is_answered_ok_is_kept,
                what_is_answered_err_is_undone,
                a_panic_undoes_and_the_store_goes_on,
                a_reading_transaction_cannot_write,
                a_swallowed_failure_is_not_kept,
                a_transaction_inside_a_transaction_is_refused,
                parallel_transactions_lose_no_write;
        }
    };
}

/// Not public.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_tests {
    ($attributes:tt ($setup:expr) $($module:ident: $($case:ident),+;)+) => {$(
        mod $module {
            #[allow(unused_imports)]
            use super::*;
            $($crate::__conformance_test! { $attributes ($setup) $module $case })+
        }
    )+};
}

/// Not public.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_test {
    ([$(#[$attribute:meta])*] ($setup:expr) $module:ident $case:ident) => {
        #[test]
        $(#[$attribute])*
        fn $case() {
            let fixture: $crate::testing::conformance::Fixture = ($setup)();
            $crate::testing::conformance::$module::$case(fixture.store());
        }
    };
}

#[cfg(test)]
mod tests {
    use super::Fixture;
    use crate::testing::MemoryStore;

    conformance_tests!(|| Fixture::new(std::sync::Arc::new(MemoryStore::new())));

    #[test]
    fn no_case_is_left_out_of_the_macro() {
        let listed = include_str!("mod.rs");
        let sources = [
            include_str!("users.rs"),
            include_str!("passwords.rs"),
            include_str!("roles.rs"),
            include_str!("user_lists.rs"),
            include_str!("sessions.rs"),
            include_str!("attempts.rs"),
            include_str!("keys.rs"),
            include_str!("audit.rs"),
            include_str!("transactions.rs"),
        ];
        let cases: Vec<_> = sources
            .iter()
            .flat_map(|source| source.lines())
            .filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next())
            .collect();
        assert!(cases.len() > 30);
        for case in cases {
            assert!(listed.contains(&format!("                {case}")), "{case} is not listed");
        }
    }
}
