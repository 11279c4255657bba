//! The list that names the covered parts, its parameters, and the signature's own value.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};

use super::{Matrix, Shape, headers};
use crate::wire::Sent;

pub(super) fn components(matrix: &mut Matrix, shape: Shape) {
    let names: Vec<&str> = ["@method", "@authority", "@path", "@query"]
        .into_iter()
        .chain(headers(shape))
        .collect();
    for (at, name) in names.iter().enumerate() {
        matrix.add(
            format!("that no longer says it covers {name}"),
            move |sent| {
                sent.rewrite(|input| drop(input.components.remove(at)));
            },
        );
        matrix.add(format!("that says it covers {name} twice"), move |sent| {
            sent.rewrite(|input| input.components.insert(at, input.components[at].clone()));
        });
        matrix.add(
            format!("that says it covers something else than {name}"),
            move |sent| {
                sent.rewrite(|input| input.components[at] = "\"x-other\"".to_owned());
            },
        );
        matrix.add(
            format!("that says it covers {name} with a parameter"),
            move |sent| {
                sent.rewrite(|input| input.components[at].push_str(";sf"));
            },
        );
        if at + 1 < names.len() {
            matrix.add(
                format!("that says it covers {name} one place later"),
                move |sent| {
                    sent.rewrite(|input| input.components.swap(at, at + 1));
                },
            );
        }
    }
    matrix.add("that says it covers nothing", |sent| {
        sent.rewrite(|input| input.components.clear());
    });
    matrix.add("that says it covers a date too", |sent| {
        sent.add("date", "Mon, 23 Nov 2026 03:30:00 GMT");
        sent.rewrite(|input| input.components.push("\"date\"".to_owned()));
    });
}

pub(super) fn parameters(matrix: &mut Matrix, shape: Shape) {
    let nonce = shape.nonce.then_some("nonce");
    let names: Vec<&str> = ["created"]
        .into_iter()
        .chain(nonce)
        .chain(["keyid", "alg", "tag"])
        .collect();
    for (at, name) in names.iter().copied().enumerate() {
        matrix.add(format!("whose parameter {name} is altered"), move |sent| {
            sent.rewrite(|input| {
                let value = input.parameter(name);
                // Inside the quotes where there are some.
                let end = value.trim_end_matches('"').len();
                let last = if value.as_bytes()[end - 1] == b'0' {
                    "1"
                } else {
                    "0"
                };
                value.replace_range(end - 1..end, last);
            });
        });
        matrix.add(format!("whose parameter {name} is dropped"), move |sent| {
            sent.rewrite(|input| drop(input.parameters.remove(input.place(name))));
        });
        matrix.add(
            format!("whose parameter {name} is there twice"),
            move |sent| {
                sent.rewrite(|input| {
                    let at = input.place(name);
                    input.parameters.insert(at, input.parameters[at].clone());
                });
            },
        );
        matrix.add(format!("whose parameter {name} is empty"), move |sent| {
            sent.rewrite(|input| *input.parameter(name) = "\"\"".to_owned());
        });
        if at + 1 < names.len() {
            matrix.add(
                format!("whose parameter {name} is one place later"),
                move |sent| {
                    sent.rewrite(|input| {
                        let at = input.place(name);
                        input.parameters.swap(at, at + 1);
                    });
                },
            );
        }
    }
    type Alter = fn(&mut String);
    let other_forms: [(&str, &str, Alter); 5] = [
        ("created", "with a sign", |value| value.insert(0, '+')),
        ("created", "with a leading zero", |value| {
            value.insert(0, '0')
        }),
        ("created", "as a decimal", |value| value.push_str(".0")),
        ("keyid", "in capitals", |value| value.make_ascii_uppercase()),
        ("keyid", "without its hyphens", |value| {
            value.retain(|letter| letter != '-')
        }),
    ];
    for (name, words, alter) in other_forms {
        matrix.add(
            format!("whose parameter {name} is written {words}"),
            move |sent| {
                sent.rewrite(|input| alter(input.parameter(name)));
            },
        );
    }
    for added in ["expires", "nonce"] {
        if !(added == "nonce" && shape.nonce) {
            matrix.add(
                format!("with a parameter {added} that was not signed"),
                move |sent| {
                    sent.rewrite(|input| {
                        input
                            .parameters
                            .insert(1, (added.to_owned(), "\"9\"".to_owned()))
                    });
                },
            );
        }
    }
}

pub(super) fn both_headers(matrix: &mut Matrix) {
    for name in ["signature-input", "signature"] {
        matrix.add(format!("without its {name}"), move |sent| sent.remove(name));
        matrix.add(format!("with its {name} twice"), move |sent| {
            sent.add(name, sent.get(name))
        });
        matrix.add(format!("with an empty {name}"), move |sent| {
            sent.set(name, "")
        });
        matrix.add(format!("with another label in its {name}"), move |sent| {
            sent.set(name, sent.get(name).replacen("bz=", "sig1=", 1));
        });
        matrix.add(format!("with a second label in its {name}"), move |sent| {
            let value = sent.get(name);
            sent.set(
                name,
                format!("{value}, {}", value.replacen("bz=", "sig1=", 1)),
            );
        });
        matrix.add(format!("with its {name} cut in half"), move |sent| {
            let value = sent.get(name);
            sent.set(name, value.split_at(value.len() / 2).0);
        });
    }
    matrix.add("with another label in both", |sent| {
        for name in ["signature-input", "signature"] {
            sent.set(name, sent.get(name).replacen("bz=", "sig1=", 1));
        }
    });
}

pub(super) fn value(matrix: &mut Matrix) {
    for byte in (0..64).step_by(9) {
        matrix.add(
            format!("whose signature is altered in byte {byte}"),
            move |sent| {
                let mut sig = raw(sent);
                sig[byte] ^= 1;
                sent.set("signature", format!("bz=:{}:", STANDARD.encode(sig)));
            },
        );
    }
    type Write = fn(&[u8]) -> String;
    let forms: [(&str, Write); 7] = [
        ("is all zero", |sig| {
            format!(":{}:", STANDARD.encode(vec![0; sig.len()]))
        }),
        ("is a byte shorter", |sig| {
            format!(":{}:", STANDARD.encode(&sig[..63]))
        }),
        ("is a byte longer", |sig| {
            format!(":{}:", STANDARD.encode([sig, &[0]].concat()))
        }),
        ("has its halves in the other order", |sig| {
            format!(":{}:", STANDARD.encode([&sig[32..], &sig[..32]].concat()))
        }),
        ("is not between colons", |sig| STANDARD.encode(sig)),
        ("has no padding", |sig| {
            format!(":{}:", STANDARD_NO_PAD.encode(sig))
        }),
        ("is hexadecimal", |sig| format!(":{}:", hex::encode(sig))),
    ];
    for (words, write) in forms {
        matrix.add(format!("whose signature {words}"), move |sent| {
            sent.set("signature", format!("bz={}", write(&raw(sent))));
        });
    }
    matrix.add(
        "whose signature is in the URL's alphabet of another",
        |sent| {
            let mut sig = raw(sent);
            // 0xFB 0xFF becomes letters in which the alphabets differ.
            sig[..3].copy_from_slice(&[0xfb, 0xff, 0xbf]);
            sent.set("signature", format!("bz=:{}:", URL_SAFE.encode(sig)));
        },
    );
}

fn raw(sent: &Sent) -> Vec<u8> {
    let value = sent.get("signature");
    STANDARD
        .decode(value.trim_start_matches("bz=:").trim_end_matches(':'))
        .unwrap()
}
