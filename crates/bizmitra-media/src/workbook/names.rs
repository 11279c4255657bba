//! How people head their columns.

/// Names that mean a well-known column, in English and Hindi.
pub fn known_names(id: &str) -> &'static [&'static str] {
    match id {
        "employee_code" => &[
            "employee code",
            "employee id",
            "employee no",
            "employee number",
            "emp code",
            "emp id",
            "emp no",
            "staff id",
            "staff code",
            "personnel number",
            "token no",
            "कर्मचारी कोड",
            "कर्मचारी आईडी",
            "कर्मचारी संख्या",
            "कर्मचारी क्रमांक",
        ],
        "name" => &[
            "name",
            "full name",
            "employee name",
            "name of employee",
            "worker name",
            "staff name",
            "नाम",
            "पूरा नाम",
            "कर्मचारी का नाम",
            "कर्मचारी नाम",
        ],
        "phone" => &[
            "phone",
            "phone no",
            "phone number",
            "mobile",
            "mobile no",
            "mobile number",
            "contact",
            "contact no",
            "contact number",
            "फ़ोन",
            "फोन नंबर",
            "मोबाइल",
            "मोबाइल नंबर",
            "संपर्क नंबर",
        ],
        "email" => &[
            "email",
            "e-mail",
            "email id",
            "email address",
            "mail id",
            "ईमेल",
            "ई-मेल",
        ],
        "date" => &[
            "date",
            "day",
            "attendance date",
            "work date",
            "दिनांक",
            "तारीख",
            "तिथि",
        ],
        "joined_on" => &[
            "joined on",
            "date of joining",
            "joining date",
            "doj",
            "start date",
            "शामिल होने की तारीख",
            "नियुक्ति तिथि",
            "कार्यग्रहण तिथि",
        ],
        "check_in" => &[
            "check in",
            "in time",
            "time in",
            "punch in",
            "in",
            "entry time",
            "आने का समय",
            "प्रवेश समय",
            "चेक इन",
        ],
        "check_out" => &[
            "check out",
            "out time",
            "time out",
            "punch out",
            "out",
            "exit time",
            "जाने का समय",
            "निकास समय",
            "चेक आउट",
        ],
        "shift" => &["shift", "shift name", "shift code", "शिफ्ट", "पाली"],
        "site" => &[
            "site",
            "site name",
            "location",
            "branch",
            "plant",
            "unit",
            "workplace",
            "साइट",
            "स्थान",
            "शाखा",
        ],
        "department" => &["department", "dept", "section", "विभाग"],
        "role" => &[
            "role",
            "designation",
            "position",
            "job title",
            "पद",
            "पदनाम",
            "भूमिका",
        ],
        "remarks" => &[
            "remarks",
            "remark",
            "note",
            "notes",
            "comment",
            "टिप्पणी",
            "टिप्पणियाँ",
        ],
        _ => &[],
    }
}

/// A header as it is compared: letters and digits in lower case, whatever stands between them; signs that Hindi is written with
/// and without count as the plain ones (nukta dropped, chandrabindu as anusvara).
pub(super) fn plain(header: &str) -> String {
    let mut plain = String::with_capacity(header.len());
    for c in header.chars().flat_map(char::to_lowercase) {
        match c {
            '\u{093C}' => {}
            '\u{0901}' => plain.push('\u{0902}'),
            // Letters that hold a nukta.
            '\u{0958}'..='\u{095F}' => plain.push(without_nukta(c)),
            // Vowel signs and virama are no letters to Unicode, and everything to a reader.
            '\u{0900}'..='\u{0963}' => plain.push(c),
            _ if c.is_alphanumeric() => plain.push(c),
            _ => {}
        }
    }
    plain
}

fn without_nukta(c: char) -> char {
    match c {
        '\u{0958}' => 'क',
        '\u{0959}' => 'ख',
        '\u{095A}' => 'ग',
        '\u{095B}' => 'ज',
        '\u{095C}' => 'ड',
        '\u{095D}' => 'ढ',
        '\u{095E}' => 'फ',
        '\u{095F}' => 'य',
        _ => c,
    }
}
