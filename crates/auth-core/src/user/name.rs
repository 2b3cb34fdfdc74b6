//! One account, one name: as entered, as compared, as it looks.

use std::fmt;

use precis_profiles::UsernameCaseMapped;
use precis_profiles::precis_core::profile::Rules;
use unicode_normalization::UnicodeNormalization;

/// The longest name that is looked at, in bytes; also what an import may bring. A longer one is nobody's.
pub const MAX_NAME_BYTES: usize = 1_024;

/// PostgreSQL's index entries end at 2,704 bytes.
const MAX_SKELETON_BYTES: usize = 2_048;

/// A user's name in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username {
    entered: String,
    canonical: CanonicalName,
    skeleton: Option<Skeleton>,
}

impl Username {
    /// A name in all its forms; `None` where one of them is empty or longer than an index takes.
    pub(super) fn claimed(entered: &str) -> Option<Self> {
        let canonical = CanonicalName::of(entered);
        let skeleton = Skeleton::of(entered);
        let fits = |text: &str, most| (1..=most).contains(&text.len());
        let sound = fits(canonical.as_str(), MAX_NAME_BYTES) && fits(skeleton.as_str(), MAX_SKELETON_BYTES);
        sound.then(|| Self { entered: entered.to_owned(), canonical, skeleton: Some(skeleton) })
    }

    /// A name from another system. It obeys the uniqueness of its canonical form and nothing else: an old two-letter or
    /// reserved name stays. It claims its look where nobody else has (see [`Username::without_skeleton`]).
    ///
    /// `None` for an empty name, one beyond [`MAX_NAME_BYTES`] in either form, or one with control characters.
    pub fn imported(entered: &str) -> Option<Self> {
        if entered.contains(char::is_control) { None } else { Self::claimed(entered) }
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

/// A name as it is compared: the mappings of PRECIS `UsernameCaseMapped` (RFC 8265, section 3.3), and `ς` as `σ`.
///
/// Every text has one, whether PRECIS would let it be registered or not, so that a sign-in may look up whatever was typed
/// and an imported `John Doe` has one as well. Two spellings that Unicode holds equal always share it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CanonicalName(String);

impl CanonicalName {
    /// The canonical form of any text; the empty one, which no account has, for a text beyond [`MAX_NAME_BYTES`] or with
    /// a NUL.
    pub fn of(entered: &str) -> Self {
        if entered.len() > MAX_NAME_BYTES || entered.contains('\0') {
            return Self(String::new());
        }
        let composed = composed(entered);
        let lower = composed.chars().flat_map(char::to_lowercase).map(|c| if c == 'ς' { 'σ' } else { c });
        Self(lower.nfc().collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Wide and narrow forms as their ordinary ones, in NFC.
fn composed(entered: &str) -> String {
    match UsernameCaseMapped::new().width_mapping_rule(entered) {
        Ok(mapped) => mapped.nfc().collect(),
        Err(_) => entered.nfc().collect(),
    }
}

/// What a name looks like. `раypal` in Cyrillic letters, `paypaI` with a capital i and `paypa1` look like `paypal`; so
/// does `ＰａｙＰａｌ`. Two accounts never claim one look.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Skeleton(String);

impl Skeleton {
    /// The look of a name as it was entered, for that is what people see: the skeleton of UTS 39, section 4, without
    /// case. The skeleton is taken on both sides of the lower-casing, for it maps some small letters and digits to
    /// capitals. A dot above is left out: on an `i` or `j` nobody sees it (section 5.4).
    pub fn of(entered: &str) -> Self {
        let seen: String = unicode_security::skeleton(&composed(entered)).collect();
        let lower: String = seen.chars().flat_map(char::to_lowercase).filter(|c| *c != '\u{307}').collect();
        Self(unicode_security::skeleton(&lower).collect())
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
        for (one, other) in [
            ("Alice", "alice"),
            ("JOSE\u{301}", "josé"),
            ("ａｌｉｃｅ", "alice"),
            ("John Doe", "john doe"),
            ("Ｐeter Pan", "peter pan"),
            ("Ｊohn\u{212a}", "johnk"),
            ("ΟΔΟΣ", "οδος"),
            ("\u{1f71}Σ", "άς"),
        ] {
            assert_eq!(canonical(one), canonical(other));
        }
        assert_ne!(canonical("alice"), canonical("alice "), "never trimmed into another account");
        assert_ne!(canonical("ß"), canonical("ss"), "no lossy folding");
        assert_ne!(canonical("ı"), canonical("i"), "no lossy folding");
    }

    #[test]
    fn lookalikes_share_a_skeleton() {
        for (one, other) in [
            ("раураl", "paypal"),
            ("ANNA", "ΑΝΝΑ"),
            ("BETA", "ВЕТА"),
            ("Alice", "AIice"),
            ("paypal", "paypaI"),
            ("google", "g00gle"),
            ("microsoft", "Micr0soft"),
            ("alice", "ali\u{307}ce"),
            ("admin", "adrnin"),
            ("paypal", "ＰａｙＰａｌ"),
        ] {
            assert_eq!(Skeleton::of(one), Skeleton::of(other), "{one} {other}");
        }
        for (one, other) in [("alice", "alise"), ("anna", "hanna"), ("алиса", "алина")] {
            assert_ne!(Skeleton::of(one), Skeleton::of(other), "{one} {other}");
        }
    }

    #[test]
    fn no_name_has_an_empty_form() {
        for name in ["\u{307}", "\u{200b}", "\u{feff}", &"e\u{323}\u{302}".repeat(255), &"\u{1d160}".repeat(250)] {
            if let Some(name) = Username::claimed(name) {
                assert!(!name.canonical().as_str().is_empty() && !name.skeleton().unwrap().as_str().is_empty());
            }
        }
        assert_eq!(Username::imported("a\u{1}"), None);
    }

    /// Letters whose mappings meet: wide, final, dotted, composed, Kelvin, joiners, marks.
    const POOL: &str = "[aAiIıİjJｊＪςσΣß\u{1e9e}\u{212a}\u{212b}å\u{30a}\u{301}\u{307}\u{323}\u{345}άᾳ\u{1f71}\u{fb01}ﬀｶﾞ\u{200d} 가각ᄀ]{0,8}";

    proptest::proptest! {
        #[test]
        fn canonical_forms_are_stable(text in "\\PC{0,20}", nasty in POOL) {
            for text in [text, nasty] {
                let once = canonical(&text);
                proptest::prop_assert_eq!(canonical(&once), once.as_str());
                let decomposed: String = text.nfd().collect();
                proptest::prop_assert_eq!(canonical(&decomposed), once);
            }
        }
    }
}
