//! Shares, and what never happens to a bucket.

use super::*;
use crate::entropy::SystemEntropy;

fn class(text: &str) -> HashClass {
    HashClass::parse(text).unwrap()
}

fn plan() -> DecoyPlan {
    DecoyPlan::new(&SystemEntropy).unwrap()
}

fn owned(plan: &DecoyPlan, class: HashClass) -> usize {
    plan.buckets.iter().filter(|bucket| **bucket == Some(class)).count()
}

#[test]
fn names_are_shared_out_as_accounts_are() {
    let (ten, twelve) = (class("bcrypt$10"), class("bcrypt$12"));
    let plan = plan().follow(&[(ten, 500), (twelve, 250)], 250);
    assert_eq!((owned(&plan, ten), owned(&plan, twelve)), (2_015, 1_007));
    let mut found = BTreeMap::new();
    for number in 0..8_000 {
        *found.entry(plan.class_of(&CanonicalName::of(&format!("name-{number}")))).or_insert(0_i32) += 1;
    }
    // Six standard deviations of a binomial of 8,000 at one half are 268; 65 of 4,096 buckets are not shared out.
    for (class, expected) in [(Some(ten), 3_936), (Some(twelve), 1_967), (None, 2_097)] {
        assert!((found[&class] - expected).abs() < 268, "{found:?}");
    }
}

#[test]
fn a_class_of_one_account_gets_a_bucket_and_new_hashes_keep_one() {
    let (ten, twelve) = (class("bcrypt$10"), class("bcrypt$12"));
    let rare = plan().follow(&[(ten, 1)], 10_000_000);
    assert_eq!(owned(&rare, ten), 1);
    let all = plan().follow(&[(ten, 5_000), (twelve, 1)], 0);
    assert_eq!((owned(&all, ten), owned(&all, twelve)), (4_030, 1));
    assert_eq!(owned(&all.follow(&[(ten, 0)], 7), ten), 0);
    assert_eq!(plan().follow(&[], 0).classes().count(), 0);
}

#[test]
fn a_plan_survives_its_text_and_junk_is_none() {
    let plan = plan().follow(&[(class("bcrypt$10"), 3), (class("scrypt$ln=16,r=8,p=1"), 1)], 4);
    assert_eq!(DecoyPlan::parse(&plan.to_text()), Some(plan));
    for text in [
        "",
        "{}",
        r#"{"key":"AAAA","classes":{}}"#,
        r#"{"key":"AAAAAAAAAAAAAAAAAAAAAA","classes":{"md5":[[0,1]]}}"#,
        r#"{"key":"AAAAAAAAAAAAAAAAAAAAAA","classes":{"bcrypt$10":[[0,4096]]}}"#,
        r#"{"key":"AAAAAAAAAAAAAAAAAAAAAA","classes":{"bcrypt$10":[[9,1]]}}"#,
    ] {
        assert_eq!(DecoyPlan::parse(text), None, "{text}");
    }
}

#[test]
fn a_name_has_one_class_in_any_spelling() {
    let plan = plan().follow(&[(class("bcrypt$10"), 1)], 1);
    for name in ["alice", "bob", "nobody"] {
        let (one, other) = (CanonicalName::of(name), CanonicalName::of(&name.to_uppercase()));
        assert_eq!(plan.class_of(&one), plan.class_of(&other));
    }
}

const CLASSES: [&str; 4] = ["bcrypt$10", "bcrypt$12", "pbkdf2-sha256$i=29000,b=1", "scrypt$ln=16,r=8,p=1"];

proptest::proptest! {
    /// Accounts sign in and get present hashes, in any order: a bucket is given back, and never anything else.
    #[test]
    fn as_accounts_are_rehashed_names_move_to_the_present_class_alone(
        counts in proptest::collection::vec(0_u64..5_000, CLASSES.len()),
        own in 0_u64..5_000,
        steps in proptest::collection::vec((0..CLASSES.len(), 0_u64..5_000), 1..12),
    ) {
        let mut counts: Vec<_> = CLASSES.iter().map(|text| class(text)).zip(counts).collect();
        let mut own = own;
        let mut before = plan().follow(&counts, own);
        for (index, moved) in steps {
            let moved = moved.min(counts[index].1);
            counts[index].1 -= moved;
            own += moved;
            let after = before.follow(&counts, own);
            for (was, is) in before.buckets.iter().zip(&after.buckets) {
                proptest::prop_assert!(is == was || is.is_none(), "{was:?} {is:?}");
            }
            before = after;
        }
    }
}
