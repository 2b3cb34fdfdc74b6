//! What nobody tries first, and what must not be refused for its looks.

use super::*;

#[test]
fn good_passwords_are_accepted() {
    for password in [
        // Phrases, of common words as well.
        "correct horse battery staple",
        "another horse battery staple",
        "correcthorsebatterystaple",
        "password is my dog",
        "my password is not here",
        "monkey see, monkey do",
        "the monkey ate three bananas in 1999",
        "I love you, and 7 more things",
        "sunshine after the rain",
        "dragon and princess and shadow",
        "letmein please, said the wolf",
        "football on sunday 2024",
        "summer of 69 in Lisbon",
        "qwerty is no keyboard of mine",
        "abc of gardening",
        "tea at 4, cake at 5",
        "Baseball & Chess & 2019",
        "blue-monkey-17-lamp",
        "two roads diverged in a wood",
        "In 1984 Orwell was wrong",
        "margarine and butter",
        "hello my old friend",
        "we were sad as trees",
        "assessed the dresses",
        "banana republic of 1848",
        "time flies like an arrow",
        "to be or not to be",
        "no no no yes no",
        "Anna and Hannah and Otto",
        "0 is not the letter o",
        "tomato tomahto potato",
        "winter is coming 7 times",
        "1 password, 2 factors",
        "2024 will be a good year",
        "born 1990-01-01, still here",
        "call me on monday at 9",
        "freedom-or-chocolate",
        "starwars versus startrek",
        "eins zwei polizei drei vier",
        "Donaudampfschifffahrtsgesellschaft",
        "être ou ne pas être",
        "ñandú come pingüinos",
        // Not of Latin letters.
        "верный конь батарея скоба",
        "правильно лошадь 1984",
        "σωστό άλογο μπαταρία",
        "正しい馬の電池とホチキス",
        "春眠不觉晓处处闻啼鸟",
        "סוס נכון סוללה",
        "حصان صحيح بطارية",
        "सही घोड़ा बैटरी",
        "올바른 말 배터리 스테이플",
        "ม้าที่ถูกต้อง แบตเตอรี่",
        "🦀🐍🦜🐙🦄🐳🐝🦊",
        // Drawn by a manager.
        "vM3-kpq0z",
        "48391027-x",
        "q7#fZ\u{1F980}pé",
        "T9$kLw2!vQz8",
        "x8Kq-2mPz-9RtW",
        "Gh7&nB3*kL9@",
        "9f86d081884c7d65",
        "a3f1c9e4b7d205886e1f",
        "550e8400-e29b-41d4-a716-446655440000",
        "pZ4-1990-kVq",
        "zK2024!mWqT",
        "0x7b3fa91c",
        "8h2j9k4l1m6n",
        "wQ5%tY8^uI2#oP9",
        "hunter-49-xylophone-61",
        "83720461957",
        "6028 4471 9035",
        "7hjk!3fdp%2zxb",
        "+Q$??SD=",
        "M@rvel0us-Gr3en_T34",
        "ywmzixrpvt",
        "jfkWqpzTnbLr",
    ] {
        assert_eq!(faults_of(password, "alicesmith"), [], "{password}");
    }
}

/// What chance makes is refused once in thousands at the most: here never.
#[test]
fn drawn_passwords_are_accepted() {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&*+-=?@";
    // Knuth's generator (TAOCP 2, section 3.3.4), so that every run draws the same.
    let mut state = 1_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for length in [8, 10, 12, 16, 24] {
        for _ in 0..2_000 {
            let password: String = (0..length).map(|_| char::from(LETTERS[draw(LETTERS.len())])).collect();
            assert_eq!(faults_of(&password, "alicesmith"), [], "{password}");
        }
    }
    let refused = (0..2_000).filter(|_| !faults(&(0..12).map(|_| draw(10).to_string()).collect::<String>()).is_empty());
    assert!(refused.count() < 10, "of twelve digits, too few to choose from are refused");
}
