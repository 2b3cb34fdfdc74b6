//! Many at once.

use auth_core::StoreExt as _;
use auth_core::user::CanonicalName;
use serde_json::json;

use crate::helpers::{Database, PASSWORD, on_each_database, spawn_app};

on_each_database! {
    fn of_64_parallel_registrations_of_one_name_one_succeeds(database: Database) {
        let app = spawn_app(database);
        let barrier = std::sync::Barrier::new(64);
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let register = |spelling: &'static str| {
                let (app, barrier) = (&app, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let body = json!({"username": spelling, "password": PASSWORD});
                    app.post_json("/v1/users/register", &body).status
                })
            };
            let threads: Vec<_> = (0..64).map(|n| register(if n % 2 == 0 { "Margarete" } else { "margarete" })).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        statuses.sort_unstable();
        let mut expected = vec![409; 64];
        expected[0] = 201;
        assert_eq!(statuses, expected);
        let registered = app.store.read(|tx| {
            let found = tx.users().by_name(&CanonicalName::of("margarete"))?;
            let records = tx.audit().list(None, 100)?;
            let kept = records.iter().filter(|record| record.event.to_parts().kind == "user_registered").count();
            Ok::<_, auth_core::StoreError>((found.is_some(), kept))
        });
        assert_eq!(registered.unwrap(), (true, 1), "one account, and one line about it");
        assert_eq!(app.sign_in("MARGARETE", PASSWORD).status, 200);
    }
}
