//! A store that fails in between.

use auth_core::service::{ImportSettings, ImportVerdict};

use crate::support::{Bench, PASSWORD, login};
use crate::{bring, by, named, shown};

#[test]
fn a_batch_that_fails_at_any_step_leaves_all_of_it_or_nothing_and_is_brought_again() {
    let batches = [[named("alice"), named("bob")], [named("carol"), named("dave")]];
    for step in 1.. {
        let bench = Bench::new();
        let service = bench.service();
        bring(&service, &batches[0], ImportSettings::default());
        bench.store.fail_at(step);
        let answer = service.import_batch(&batches[1], ImportSettings::default(), &by());
        let has_failed = bench.store.has_failed();
        bench.store.fail_at(0);
        assert_eq!(answer.is_err(), has_failed, "step {step}");
        let here = ["carol", "dave"].map(|name| login(&service, name, PASSWORD).is_ok());
        assert_eq!(here[0], here[1], "step {step}: half a batch");
        assert_eq!(here[0], !has_failed || here[0], "step {step}");
        // Resumed: the same lines once more, from the first.
        for batch in &batches {
            for verdict in bring(&service, batch, ImportSettings::default()) {
                let is_known =
                    matches!(verdict, ImportVerdict::Created(_) | ImportVerdict::Same(_) | ImportVerdict::Skipped(_));
                assert!(is_known, "step {step}: {verdict:?}");
            }
        }
        for name in ["alice", "bob", "carol", "dave"] {
            assert!(login(&service, name, PASSWORD).is_ok(), "step {step}: {name}");
            shown(&service, name);
        }
        let all = service.export_users(None, 100, false, &by()).unwrap();
        assert_eq!(all.len(), 4, "step {step}: a duplicate or a loss");
        if !has_failed {
            break;
        }
    }
}
