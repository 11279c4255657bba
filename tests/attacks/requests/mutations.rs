//! The matrix: every covered part of a signed request, the list that names the parts, and the signature itself, each
//! altered, dropped, doubled and moved.

mod signature;

use crate::wire::Sent;

/// What a request consists of.
#[derive(Clone, Copy)]
pub struct Shape {
    pub get: bool,
    pub session: bool,
    pub key: bool,
    pub nonce: bool,
    /// Another path of the API with the same method.
    pub other_path: &'static str,
}

/// One alteration.
pub struct Mutation {
    /// Ends the sentence "a request ...".
    pub words: String,
    pub apply: Box<dyn Fn(&mut Sent) + Send + Sync>,
    /// Statuses that refuse it: 401, and what the router says to a path or method that it does not have.
    pub statuses: &'static [u16],
}

const REFUSED: &[u16] = &[401];
const NOT_ROUTED: &[u16] = &[401, 404, 405];

#[derive(Default)]
struct Matrix(Vec<Mutation>);

impl Matrix {
    fn add(&mut self, words: impl Into<String>, apply: impl Fn(&mut Sent) + Send + Sync + 'static) {
        self.0.push(Mutation {
            words: words.into(),
            apply: Box::new(apply),
            statuses: REFUSED,
        });
    }

    fn add_routed(&mut self, words: &str, apply: impl Fn(&mut Sent) + Send + Sync + 'static) {
        self.add(words, apply);
        self.0.last_mut().unwrap().statuses = NOT_ROUTED;
    }
}

/// Every mutation of a request of this shape.
pub fn all(shape: Shape) -> Vec<Mutation> {
    let mut matrix = Matrix::default();
    derived_parts(&mut matrix, shape);
    body(&mut matrix, shape);
    for name in headers(shape) {
        header(&mut matrix, name);
    }
    if !shape.session {
        matrix.add("with an Authorization that was not signed", |sent| {
            sent.add("authorization", "Bearer stolen");
        });
    }
    if !shape.key {
        matrix.add("with an Idempotency-Key that was not signed", |sent| {
            sent.add("idempotency-key", "one");
        });
    }
    signature::components(&mut matrix, shape);
    signature::parameters(&mut matrix, shape);
    signature::both_headers(&mut matrix);
    signature::value(&mut matrix);
    matrix.0
}

/// The covered headers.
fn headers(shape: Shape) -> Vec<&'static str> {
    let body: &[_] = if shape.get {
        &[]
    } else {
        &["content-digest", "content-type"]
    };
    let session = shape.session.then_some("authorization");
    let key = shape.key.then_some("idempotency-key");
    body.iter().copied().chain(session).chain(key).collect()
}

fn derived_parts(matrix: &mut Matrix, shape: Shape) {
    for method in ["HEAD", "GET", "POST", "PUT", "DELETE", "OPTIONS", "get"] {
        let sent_as = if shape.get { "GET" } else { "POST" };
        if method != sent_as {
            matrix.add_routed(&format!("sent as {method}"), move |sent| {
                sent.method = method.to_owned();
            });
        }
    }
    matrix.add("for another host", |sent| {
        sent.set("host", "localhost:9999")
    });
    matrix.add("for the host without its port", |sent| {
        sent.set("host", "localhost")
    });
    matrix.add("for the host with a dot behind it", |sent| {
        sent.set("host", "localhost.:8787")
    });
    matrix.add("without its host", |sent| sent.remove("host"));
    matrix.add("with its host twice", |sent| {
        sent.add("host", sent.get("host"))
    });
    matrix.add("with another host behind its own", |sent| {
        sent.add("host", "evil.example")
    });
    matrix.add("with another host before its own", |sent| {
        sent.add_first("host", "evil.example")
    });
    matrix.add("whose target names another host", |sent| {
        sent.target = format!("http://evil.example{}", sent.target);
    });
    let other = shape.other_path;
    matrix.add("on another path", move |sent| {
        let query = sent.target.split_once('?').unwrap().1;
        sent.target = format!("{other}?{query}");
    });
    for (words, from, to) in [
        ("on its path with a slash behind it", "?", "/?"),
        ("on its path with a doubled slash", "/v1/", "//v1/"),
        ("on its path in capitals", "/v1/", "/V1/"),
        ("on its path with a detour", "/v1/", "/v1/../v1/"),
        ("on its path with an escaped letter", "/v1/", "/%761/"),
    ] {
        matrix.add_routed(words, move |sent| {
            sent.target = sent.target.replacen(from, to, 1)
        });
    }
    for (words, query) in [
        ("whose query is altered", "?first=1&second=3"),
        ("whose query is dropped", ""),
        ("whose query is emptied", "?"),
        (
            "whose query is doubled",
            "?first=1&second=2&first=1&second=2",
        ),
        ("whose query is reordered", "?second=2&first=1"),
        ("whose query is longer", "?first=1&second=2&third=3"),
        ("whose query is shorter", "?first=1"),
        ("whose query is escaped", "?first=%31&second=2"),
        (
            "whose query has a second question mark",
            "??first=1&second=2",
        ),
    ] {
        matrix.add(words, move |sent| {
            sent.target = sent.target.replace("?first=1&second=2", query);
        });
    }
}

fn body(matrix: &mut Matrix, shape: Shape) {
    if shape.get {
        matrix.add("with a body that was not signed", |sent| {
            sent.body = b"{}".to_vec()
        });
        matrix.add(
            "with a body, its digest and its type that were not signed",
            |sent| {
                sent.body = b"{}".to_vec();
                sent.mend_digest();
                sent.add("content-type", "application/json");
            },
        );
        return;
    }
    type Alter = fn(&mut Vec<u8>);
    let alterations: [(&str, Alter); 8] = [
        ("whose first byte of the body is altered", |body| {
            body[0] ^= 1
        }),
        ("whose last byte of the body is altered", |body| {
            *body.last_mut().unwrap() ^= 1
        }),
        ("whose body is shorter", |body| {
            body.truncate(body.len() - 1)
        }),
        ("whose body is longer", |body| body.push(b' ')),
        ("whose body is doubled", |body| body.extend(body.clone())),
        ("whose bytes of the body are reordered", |body| {
            body.swap(2, 3)
        }),
        ("whose body is empty", Vec::clear),
        ("whose body is another", |body| *body = b"{}".to_vec()),
    ];
    for (words, alter) in alterations {
        matrix.add(words, move |sent| alter(&mut sent.body));
        matrix.add(format!("{words} and the digest mended"), move |sent| {
            alter(&mut sent.body);
            sent.mend_digest();
        });
    }
    matrix.add("without its body, digest and type", |sent| {
        sent.body.clear();
        sent.remove("content-digest");
        sent.remove("content-type");
    });
    matrix.add("whose digest is by another algorithm", |sent| {
        sent.set(
            "content-digest",
            sent.get("content-digest").replace("256", "512"),
        );
    });
    matrix.add("with a second digest in the same line", |sent| {
        sent.set(
            "content-digest",
            format!("{}, sha-512=:AAAA:", sent.get("content-digest")),
        );
    });
}

fn header(matrix: &mut Matrix, name: &'static str) {
    matrix.add(format!("whose {name} is altered"), move |sent| {
        sent.set(name, format!("{}x", sent.get(name)));
    });
    matrix.add(format!("whose {name} is in capitals"), move |sent| {
        sent.set(name, sent.get(name).to_ascii_uppercase());
    });
    matrix.add(format!("whose {name} is empty"), move |sent| {
        sent.set(name, "")
    });
    matrix.add(format!("whose {name} is dropped"), move |sent| {
        sent.remove(name)
    });
    matrix.add(format!("whose {name} is there twice"), move |sent| {
        sent.add(name, sent.get(name))
    });
    matrix.add(format!("with another {name} behind its own"), move |sent| {
        sent.add(name, "x")
    });
    matrix.add(format!("with another {name} before its own"), move |sent| {
        sent.add_first(name, "x");
    });
}
