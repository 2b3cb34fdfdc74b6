//! One account, one name: as entered, as compared, as it looks.

use std::fmt;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::PrecisFastInvocation;
use unicode_normalization::UnicodeNormalization;

/// The longest name that is looked at, in bytes; also what an import may bring. A longer one is nobody's.
pub const MAX_NAME_BYTES: usize = 1_024;

/// A user's name in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    entered: String,
    canonical: CanonicalName,
    skeleton: Option<Skeleton>,
}

impl Username {
    /// A name whose policy was checked by the caller; [`super::UsernamePolicy::check`] does both.
    pub(super) fn claimed(entered: &str) -> Self {
        let canonical = CanonicalName::of(entered);
        let skeleton = Some(Skeleton::of(&canonical));
        Self { entered: entered.to_owned(), canonical, skeleton }
    }

    /// A name from another system. It obeys the uniqueness of its canonical form and nothing else: an old two-letter or
    /// reserved name stays. It claims its look where nobody else has (see [`Username::without_skeleton`]).
    ///
    /// `None` for an empty name, one beyond [`MAX_NAME_BYTES`], or one with a NUL, which no database keeps.
    pub fn imported(entered: &str) -> Option<Self> {
        let sound = !entered.is_empty() && entered.len() <= MAX_NAME_BYTES && !entered.contains('\0');
        sound.then(|| Self::claimed(entered))
    }

    /// The same name without a claim on its look: for an imported name that looks like one which is there already.
    #[must_use]
    pub fn without_skeleton(self) -> Self {
        Self { skeleton: None, ..self }
    }

    /// Puts a name together from what a store kept. Nothing is checked: the store is the authority on its own rows.
    pub fn from_stored(entered: String, canonical: String, skeleton: Option<String>) -> Self {
        Self { entered, canonical: CanonicalName(canonical), skeleton: skeleton.map(Skeleton) }
    }

    /// As its owner wrote it; what is shown.
    pub fn as_entered(&self) -> &str {
        &self.entered
    }

    /// As it is compared and looked up.
    pub fn canonical(&self) -> &CanonicalName {
        &self.canonical
    }

    /// The look that this name claims; two accounts never claim the same one.
    pub fn skeleton(&self) -> Option<&Skeleton> {
        self.skeleton.as_ref()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.entered)
    }
}

/// A name as it is compared: PRECIS `UsernameCaseMapped` (RFC 8265, section 3.3).
///
/// Every text has one, so that a sign-in may look up whatever was typed: what PRECIS refuses (an imported `John Doe`,
/// say) is lower-cased and brought to NFC.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalName(String);

impl CanonicalName {
    /// The canonical form of any text; one that is nobody's for a text beyond [`MAX_NAME_BYTES`] or with a NUL.
    pub fn of(entered: &str) -> Self {
        if entered.len() > MAX_NAME_BYTES || entered.contains('\0') {
            return Self(String::new());
        }
        match UsernameCaseMapped::enforce(entered) {
            Ok(name) => Self(name.into_owned()),
            Err(_) => Self(entered.nfc().collect::<String>().to_lowercase().nfc().collect()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a name looks like: the skeleton of UTS 39, section 4, over the canonical form. `раypal` with Cyrillic letters
/// has that of `paypal`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Skeleton(String);

impl Skeleton {
    /// The look of a name.
    pub fn of(name: &CanonicalName) -> Self {
        Self(unicode_security::skeleton(name.as_str()).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        CanonicalName::of(text).as_str().to_owned()
    }

    #[test]
    fn spellings_of_one_name_have_one_canonical_form() {
        for (one, other) in
            [("Alice", "alice"), ("JOSE\u{301}", "josé"), ("ａｌｉｃｅ", "alice"), ("John Doe", "john doe")]
        {
            assert_eq!(canonical(one), canonical(other));
        }
        assert_ne!(canonical("alice"), canonical("alice "), "never trimmed into another account");
        assert_ne!(canonical("ß"), canonical("ss"), "no lossy folding");
    }

    #[test]
    fn lookalikes_share_a_skeleton() {
        let skeleton = |text| Skeleton::of(&CanonicalName::of(text));
        assert_eq!(skeleton("раураl"), skeleton("paypal"));
        assert_ne!(skeleton("alice"), skeleton("alise"));
    }

    proptest::proptest! {
        #[test]
        fn canonical_forms_are_stable(text in "\\PC{0,20}") {
            let once = canonical(&text);
            proptest::prop_assert_eq!(canonical(&once), once);
        }
    }
}
