//! After a violation, which of the facts is taken: the databases report whichever index they looked at first. `None`
//! where the other row has gone meanwhile.

use auth_core::StoreError;
use auth_core::id::UserId;
use auth_core::store::Unique;
use auth_core::user::{Skeleton, User, Username};
use diesel::prelude::*;

use crate::schema::users::dsl;
use crate::transaction::DieselTransaction;
use crate::types::IdBytes;

/// What may be there only once, of one row.
type Facts = (IdBytes, String, Option<String>, Option<i64>);

impl DieselTransaction<'_> {
    /// For an insert.
    pub(super) fn first_taken(&mut self, user: &User) -> Result<Option<Unique>, StoreError> {
        let id = IdBytes::from(user.id);
        let rows = self.rivals(&user.name, Some(id), user.legacy_id)?;
        Ok(first(&rows, &user.name, Some(id), user.legacy_id))
    }

    /// For a change of name: one's own is not taken.
    pub(super) fn first_taken_by_others(&mut self, id: UserId, name: &Username) -> Result<Option<Unique>, StoreError> {
        let mut rows = self.rivals(name, None, None)?;
        rows.retain(|(other, ..)| *other != IdBytes::from(id));
        Ok(first(&rows, name, None, None))
    }

    fn rivals(&mut self, name: &Username, id: Option<IdBytes>, number: Option<i64>) -> Result<Vec<Facts>, StoreError> {
        let skeleton = name.skeleton().map(Skeleton::as_str);
        let named = dsl::username_canonical.eq(name.canonical().as_str());
        let rivals = dsl::users.filter(named).or_filter(dsl::username_skeleton.eq(skeleton));
        let rivals = rivals.or_filter(dsl::legacy_id.eq(number)).or_filter(dsl::id.nullable().eq(id));
        let facts = (dsl::id, dsl::username_canonical, dsl::username_skeleton, dsl::legacy_id);
        self.query(|connection| rivals.select(facts).load(connection))
    }
}

fn first(rows: &[Facts], name: &Username, id: Option<IdBytes>, number: Option<i64>) -> Option<Unique> {
    let look = name.skeleton().map(Skeleton::as_str);
    let taken = |fact: Unique| {
        rows.iter().any(|(other, canonical, skeleton, legacy_id)| match fact {
            Unique::Id => Some(*other) == id,
            Unique::Username => canonical == name.canonical().as_str(),
            Unique::UsernameSkeleton => skeleton.is_some() && skeleton.as_deref() == look,
            Unique::LegacyId => legacy_id.is_some() && *legacy_id == number,
            Unique::KeyOrdinal => false,
        })
    };
    let order = [Unique::Id, Unique::Username, Unique::UsernameSkeleton, Unique::LegacyId];
    order.into_iter().find(|fact| taken(*fact))
}
