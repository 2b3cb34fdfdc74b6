//! The repositories of the store in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::memory::MemoryTransaction;
use crate::id::{SessionId, UserId};
use crate::password::{HashClass, PasswordHash, PasswordRepository, StoredPassword};
use crate::root_keys::RootKeyId;
use crate::session::{EVERY_SESSION, EndReason, Ending, Endings, Forget, Session, SessionRepository};
use crate::store::{StoreError, Unique};
use crate::time::Timestamp;
use crate::user::{AccountState, Added, CanonicalName, User, UserOrder, UserQuery, UserRepository, Username};

impl UserRepository for MemoryTransaction {
    fn insert(&mut self, user: &User) -> Result<Added, StoreError> {
        let users = &mut self.writable()?.users;
        if users.contains_key(&user.id) {
            return Err(self.fail(StoreError::Conflict(Unique::Id)));
        }
        let any = |test: &dyn Fn(&User) -> bool| users.values().any(test);
        let taken = if any(&|other| other.name.canonical() == user.name.canonical()) {
            Some(Unique::Username)
        } else if user.name.skeleton().is_some() && any(&|other| other.name.skeleton() == user.name.skeleton()) {
            Some(Unique::UsernameSkeleton)
        } else if user.legacy_id.is_some() && any(&|other| other.legacy_id == user.legacy_id) {
            Some(Unique::LegacyId)
        } else {
            None
        };
        if let Some(unique) = taken {
            return Ok(Added::Taken(unique));
        }
        users.insert(user.id, user.clone());
        Ok(Added::Added)
    }

    fn by_id(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.state.users.get(&id).cloned())
    }

    fn by_name(&mut self, name: &CanonicalName) -> Result<Option<User>, StoreError> {
        Ok(self.state.users.values().find(|user| user.name.canonical() == name).cloned())
    }

    fn by_legacy_id(&mut self, id: i64) -> Result<Option<User>, StoreError> {
        Ok(self.state.users.values().find(|user| user.legacy_id == Some(id)).cloned())
    }

    fn lock(&mut self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.writable()?.users.get(&id).cloned())
    }

    fn set_state(&mut self, id: UserId, state: AccountState, now: Timestamp) -> Result<bool, StoreError> {
        let Some(user) = self.writable()?.users.get_mut(&id) else { return Ok(false) };
        user.state = state;
        user.updated_at = now;
        Ok(true)
    }

    fn rename(&mut self, id: UserId, name: &Username, now: Timestamp) -> Result<Option<Added>, StoreError> {
        let users = &mut self.writable()?.users;
        let mut others = users.values().filter(|user| user.id != id);
        let any = |test: &dyn Fn(&User) -> bool| others.clone().any(test);
        if !users.contains_key(&id) {
            return Ok(None);
        }
        if any(&|other| other.name.canonical() == name.canonical()) {
            return Ok(Some(Added::Taken(Unique::Username)));
        }
        if name.skeleton().is_some() && others.any(|other| other.name.skeleton() == name.skeleton()) {
            return Ok(Some(Added::Taken(Unique::UsernameSkeleton)));
        }
        if let Some(user) = users.get_mut(&id) {
            user.name = name.clone();
            user.updated_at = now;
        }
        Ok(Some(Added::Added))
    }

    fn raise_credential_version(&mut self, id: UserId, now: Timestamp) -> Result<bool, StoreError> {
        let Some(user) = self.writable()?.users.get_mut(&id) else { return Ok(false) };
        user.credential_version += 1;
        user.updated_at = now;
        Ok(true)
    }

    fn delete(&mut self, id: UserId) -> Result<bool, StoreError> {
        let state = self.writable()?;
        state.passwords.remove(&id);
        state.roles.retain(|(user, _)| *user != id);
        state.sessions.retain(|_, session| session.user != id);
        Ok(state.users.remove(&id).is_some())
    }

    fn list(&mut self, query: &UserQuery, limit: u32) -> Result<Vec<User>, StoreError> {
        let (filter, after) = (&query.filter, query.after.as_ref());
        if after.is_some_and(|after| after.order() != filter.order()) {
            return Err(self.fail(StoreError::unavailable("a place in a list of another order")));
        }
        let has_role = |user: &User| match &filter.role {
            Some(role) => self.state.roles.contains(&(user.id, role.clone())),
            None => true,
        };
        let asked_for = self.state.users.values().filter(|user| filter.fits(user) && has_role(user));
        let mut users: Vec<_> =
            asked_for.filter(|user| after.is_none_or(|after| after.is_before(user))).cloned().collect();
        match filter.order() {
            UserOrder::Id => users.sort_by_key(|user| user.id),
            UserOrder::Name => users.sort_by(|a, b| a.name.canonical().cmp(b.name.canonical())),
            UserOrder::Created => users.sort_by_key(|user| (user.created_at, user.id)),
        }
        users.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(users)
    }

    fn count(&mut self, state: AccountState) -> Result<u64, StoreError> {
        Ok(total(self.state.users.values().filter(|user| user.state == state).count()))
    }
}

impl PasswordRepository for MemoryTransaction {
    fn insert(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<(), StoreError> {
        let state = self.writable()?;
        if !state.users.contains_key(&user) {
            return Err(self.fail(StoreError::unavailable("a password for no account")));
        }
        if state.passwords.contains_key(&user) {
            return Err(self.fail(StoreError::Conflict(Unique::Id)));
        }
        state.passwords.insert(user, StoredPassword { hash: hash.clone(), changed_at: now });
        Ok(())
    }

    fn get(&mut self, user: UserId) -> Result<Option<StoredPassword>, StoreError> {
        Ok(self.state.passwords.get(&user).cloned())
    }

    fn change(&mut self, user: UserId, hash: &PasswordHash, now: Timestamp) -> Result<bool, StoreError> {
        let Some(stored) = self.writable()?.passwords.get_mut(&user) else { return Ok(false) };
        *stored = StoredPassword { hash: hash.clone(), changed_at: now };
        Ok(true)
    }

    fn rehash(
        &mut self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
        _now: Timestamp,
    ) -> Result<bool, StoreError> {
        match self.writable()?.passwords.get_mut(&user) {
            Some(stored) if stored.hash == *old => {
                stored.hash = new.clone();
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn classes(&mut self, limit: u32) -> Result<Vec<(HashClass, u64)>, StoreError> {
        let mut counts: BTreeMap<HashClass, u64> = BTreeMap::new();
        for class in self.state.passwords.values().filter_map(|stored| stored.hash.class()) {
            *counts.entry(class).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(class, count)| (std::cmp::Reverse(*count), class.to_string()));
        counts.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(counts)
    }

    fn decoy_plan(&mut self) -> Result<String, StoreError> {
        Ok(self.state.decoy_plan.clone())
    }

    fn replace_decoy_plan(&mut self, old: &str, new: &str) -> Result<bool, StoreError> {
        let plan = &mut self.writable()?.decoy_plan;
        let is_old = plan == old;
        if is_old {
            new.clone_into(plan);
        }
        Ok(is_old)
    }
}

impl SessionRepository for MemoryTransaction {
    fn insert(&mut self, session: &Session) -> Result<(), StoreError> {
        let state = self.writable()?;
        if !state.users.contains_key(&session.user) {
            return Err(self.fail(StoreError::unavailable("a session for no account")));
        }
        if state.sessions.contains_key(&session.id) {
            return Err(self.fail(StoreError::Conflict(Unique::Id)));
        }
        state.sessions.insert(session.id, session.clone());
        Ok(())
    }

    fn by_id(&mut self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state.sessions.get(&id).cloned())
    }

    fn live(&mut self, user: UserId, now: Timestamp, idle_since: Timestamp) -> Result<Vec<Session>, StoreError> {
        let own = self.state.sessions.values().filter(|session| session.user == user);
        let own = own.filter(|session| is_live(session, now, idle_since));
        let mut live: Vec<_> = own.cloned().collect();
        live.sort_by_key(|session| (session.rotated_at, session.id));
        Ok(live)
    }

    fn rotate(&mut self, id: SessionId, presented: i64, at: Timestamp) -> Result<bool, StoreError> {
        match self.writable()?.sessions.get_mut(&id) {
            Some(session) if session.ended.is_none() && session.generation == presented => {
                session.generation += 1;
                session.rotated_at = at;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn end(&mut self, id: SessionId, reason: EndReason, now: Timestamp) -> Result<bool, StoreError> {
        let state = self.writable()?;
        match state.sessions.get_mut(&id) {
            Some(session) if session.ended.is_none() => {
                session.ended = Some((now, reason));
                state.endings_counter += 1;
                state.endings.push(Ending { seq: state.endings_counter, session: id, ended_at: now });
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn end_all(
        &mut self,
        user: UserId,
        except: Option<SessionId>,
        reason: EndReason,
        now: Timestamp,
    ) -> Result<Vec<SessionId>, StoreError> {
        let own = self.state.sessions.values().filter(|session| session.user == user && session.ended.is_none());
        let ids: Vec<_> = own.map(|session| session.id).filter(|id| Some(*id) != except).collect();
        self.writable()?;
        for id in &ids {
            self.end(*id, reason, now)?;
        }
        Ok(ids)
    }

    fn refuse_before(&mut self, at: Timestamp) -> Result<(), StoreError> {
        let state = self.writable()?;
        state.endings_counter += 1;
        state.endings.push(Ending { seq: state.endings_counter, session: EVERY_SESSION, ended_at: at });
        Ok(())
    }

    fn end_some(&mut self, reason: EndReason, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let live = self.writable()?.sessions.values_mut();
        let live = live.filter(|session| session.ended.is_none());
        let ended =
            live.take(usize::try_from(limit).unwrap_or(usize::MAX)).map(|session| session.ended = Some((now, reason)));
        Ok(u64::try_from(ended.count()).unwrap_or(u64::MAX))
    }

    fn endings(&mut self, after: i64, limit: u32) -> Result<Endings, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let endings = self.state.endings.iter().filter(|ending| ending.seq > after).take(limit).copied().collect();
        Ok(Endings { counter: self.state.endings_counter, endings })
    }

    fn forget(&mut self, before: &Forget, limit: u32) -> Result<u64, StoreError> {
        let state = self.writable()?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let is_dead = |session: &Session| {
            session.ended.is_some_and(|(at, _)| at < before.dead_before)
                || session.expires_at < before.dead_before
                || session.rotated_at < before.idle_before
        };
        let dead: Vec<_> =
            state.sessions.values().filter(|session| is_dead(session)).map(|session| session.id).take(limit).collect();
        for id in &dead {
            state.sessions.remove(id);
        }
        let old: Vec<_> = state
            .endings
            .iter()
            .filter(|ending| ending.ended_at < before.endings_before)
            .map(|ending| ending.seq)
            .take(limit)
            .collect();
        state.endings.retain(|ending| !old.contains(&ending.seq));
        Ok(u64::try_from(dead.len() + old.len()).unwrap_or(u64::MAX))
    }

    fn count(&mut self) -> Result<u64, StoreError> {
        Ok(total(self.state.sessions.values().filter(|session| session.ended.is_none()).count()))
    }

    fn root_keys(&mut self, now: Timestamp, idle_since: Timestamp) -> Result<Vec<RootKeyId>, StoreError> {
        let live = self.state.sessions.values().filter(|session| is_live(session, now, idle_since));
        let keys: BTreeSet<_> = live.map(|session| session.root_key.clone()).collect();
        Ok(keys.into_iter().collect())
    }

    fn born_under(
        &mut self,
        root_key: &RootKeyId,
        now: Timestamp,
        idle_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionId>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let live = self.state.sessions.values().filter(|session| is_live(session, now, idle_since));
        Ok(live.filter(|session| session.root_key == *root_key).map(|session| session.id).take(limit).collect())
    }
}

fn is_live(session: &Session, now: Timestamp, idle_since: Timestamp) -> bool {
    session.ended.is_none() && now < session.expires_at && session.rotated_at > idle_since
}

pub(super) fn total(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
