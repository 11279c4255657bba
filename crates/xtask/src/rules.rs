//! Who may import whom (docs/ARCHITECTURE.md). Cargo refuses what a manifest does not name; this refuses the manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;
use crate::workspace::Workspace;

/// One package of ours: what of ours it may name, and what it must not reach, directly or through others.
struct Rule {
    package: &'static str,
    ours: &'static [&'static str],
    never: &'static [&'static str],
}

const IO: &[&str] = &[
    "axum", "leptos", "mio", "reqwest", "rusqlite", "rustls", "tauri", "tokio",
];

const RULES: &[Rule] = &[
    Rule {
        package: "bizmitra-contract",
        ours: &[],
        never: IO,
    },
    Rule {
        package: "bizmitra-ipc",
        ours: &[],
        never: IO,
    },
    Rule {
        package: "bizmitra-rules",
        ours: &[],
        never: IO,
    },
    Rule {
        package: "bizmitra-core",
        ours: &["bizmitra-contract", "bizmitra-rules"],
        never: IO,
    },
    Rule {
        package: "bizmitra-store",
        ours: &["bizmitra-core"],
        never: &["axum", "leptos", "reqwest", "tauri"],
    },
    Rule {
        package: "bizmitra-client",
        ours: &["bizmitra-contract", "bizmitra-core"],
        never: &["axum", "leptos", "rusqlite", "tauri"],
    },
    Rule {
        package: "bizmitra-media",
        ours: &[],
        never: IO,
    },
    Rule {
        package: "bizmitra-device",
        ours: &[
            "bizmitra-client",
            "bizmitra-core",
            "bizmitra-media",
            "bizmitra-rules",
            "bizmitra-store",
        ],
        never: &["axum", "leptos", "tauri"],
    },
    Rule {
        package: "bizmitra-server",
        ours: &["bizmitra-contract", "bizmitra-media", "bizmitra-rules"],
        never: &[
            "bizmitra-client",
            "bizmitra-core",
            "bizmitra-device",
            "bizmitra-store",
            "leptos",
            "reqwest",
            "tauri",
        ],
    },
    Rule {
        package: "bizmitra-ui",
        ours: &["bizmitra-ipc"],
        never: &["axum", "reqwest", "rusqlite", "tauri"],
    },
    Rule {
        package: "bizmitra-app",
        ours: &["bizmitra-core", "bizmitra-device", "bizmitra-ipc"],
        never: &["axum", "leptos"],
    },
    Rule {
        package: "bizmitra-cli",
        ours: &["bizmitra-core", "bizmitra-device"],
        never: &["axum", "leptos", "tauri"],
    },
    // Drives the product from outside, by its doors only.
    Rule {
        package: "bizmitra-e2e",
        ours: &[],
        never: &["leptos", "rusqlite", "tauri"],
    },
    // Takes both ends into one process, and their disks and network away from them.
    Rule {
        package: "bizmitra-lab",
        ours: &[
            "bizmitra-client",
            "bizmitra-contract",
            "bizmitra-core",
            "bizmitra-device",
            "bizmitra-server",
            "bizmitra-store",
        ],
        never: &["leptos", "tauri"],
    },
    // Must build while the product does not.
    Rule {
        package: "xtask",
        ours: &[],
        never: IO,
    },
];

/// Words that may stand only in one place of a source tree.
const ONLY_IN: &[(&str, &str, &str)] = &[
    ("crates/bizmitra-core/src", "bizmitra_contract", "wire"),
    ("src", "__TAURI", "bridge"),
    ("src-tauri/src", "bizmitra_store", "nowhere"),
];

/// Refuses a workspace that breaks a rule, naming every breach.
pub fn check(workspace: &Workspace) -> Result<()> {
    let json =
        process::capture(
            workspace
                .cargo()
                .args(["metadata", "--format-version", "1", "--quiet"]),
        )?;
    let metadata: Metadata = serde_json::from_str(&json).context("cargo metadata")?;
    let mut breaches = find_breaches(&Graph::new(&metadata));
    for (folder, word, module) in ONLY_IN {
        find_word(&workspace.root.join(folder), word, module, &mut breaches)?;
    }
    if breaches.is_empty() {
        Ok(())
    } else {
        bail!("{}", breaches.join("\n"))
    }
}

/// Package name -> names of what it is built from. Two versions of one name are one.
struct Graph {
    members: BTreeSet<String>,
    imports: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn new(metadata: &Metadata) -> Self {
        let names: BTreeMap<&str, &str> = metadata
            .packages
            .iter()
            .map(|p| (p.id.as_str(), p.name.as_str()))
            .collect();
        let name = |id: &str| names.get(id).copied().unwrap_or(id).to_owned();
        let imports = metadata.resolve.nodes.iter().map(|node| {
            let normal = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            (name(&node.id), normal.map(|dep| name(&dep.pkg)).collect())
        });
        Self {
            members: metadata
                .workspace_members
                .iter()
                .map(|id| name(id))
                .collect(),
            imports: imports.collect(),
        }
    }

    /// Everything that `package` reaches, and through which of its own imports.
    fn reach<'a>(&'a self, package: &'a str) -> BTreeMap<&'a str, &'a str> {
        let mut reached = BTreeMap::new();
        let mut open: Vec<(&str, &str)> = self
            .imports
            .get(package)
            .into_iter()
            .flatten()
            .map(|first| (first.as_str(), first.as_str()))
            .collect();
        while let Some((name, first)) = open.pop() {
            if reached.insert(name, first).is_none() {
                open.extend(
                    self.imports
                        .get(name)
                        .into_iter()
                        .flatten()
                        .map(|next| (next.as_str(), first)),
                );
            }
        }
        reached
    }
}

fn find_breaches(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for rule in RULES
        .iter()
        .filter(|rule| graph.members.contains(rule.package))
    {
        for import in graph.imports.get(rule.package).into_iter().flatten() {
            if graph.members.contains(import) && !rule.ours.contains(&import.as_str()) {
                breaches.push(format!("{} must not import {import}", rule.package));
            }
        }
        let reached = graph.reach(rule.package);
        for never in rule.never {
            if let Some(through) = reached.get(never) {
                breaches.push(format!(
                    "{} must not reach {never} (through {through})",
                    rule.package
                ));
            }
        }
    }
    for member in &graph.members {
        if member != "bizmitra-tests" && !RULES.iter().any(|rule| rule.package == member) {
            breaches.push(format!("{member} has no rule: add one to xtask's rules.rs"));
        }
    }
    breaches
}

fn find_word(folder: &Path, word: &str, module: &str, breaches: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.file_stem().is_some_and(|stem| stem == module) {
            continue;
        }
        if path.is_dir() {
            find_word(&path, word, module, breaches)?;
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && fs::read_to_string(&path)?.contains(word)
        {
            breaches.push(format!(
                "{} names {word}; only the module `{module}` may",
                path.display()
            ));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(members: &[&str], imports: &[(&str, &[&str])]) -> Graph {
        Graph {
            members: members.iter().map(ToString::to_string).collect(),
            imports: imports
                .iter()
                .map(|(name, of)| {
                    (
                        name.to_string(),
                        of.iter().map(ToString::to_string).collect(),
                    )
                })
                .collect(),
        }
    }

    #[test]
    fn a_package_of_ours_that_the_table_does_not_allow_is_a_breach() {
        let graph = graph(
            &["bizmitra-server", "bizmitra-core"],
            &[("bizmitra-server", &["bizmitra-core"])],
        );
        let breaches = find_breaches(&graph);
        assert!(
            breaches.contains(&"bizmitra-server must not import bizmitra-core".to_owned()),
            "{breaches:?}"
        );
    }

    #[test]
    fn a_banned_crate_is_found_behind_others() {
        let graph = graph(
            &["bizmitra-core"],
            &[("bizmitra-core", &["innocent"]), ("innocent", &["tokio"])],
        );
        assert_eq!(
            find_breaches(&graph),
            ["bizmitra-core must not reach tokio (through innocent)"]
        );
    }

    #[test]
    fn a_new_package_needs_a_rule() {
        assert_eq!(find_breaches(&graph(&["bizmitra-new"], &[])).len(), 1);
    }

    #[test]
    fn what_the_table_allows_is_no_breach() {
        let graph = graph(
            &["bizmitra-store", "bizmitra-core"],
            &[("bizmitra-store", &["bizmitra-core", "rusqlite"])],
        );
        assert_eq!(find_breaches(&graph), Vec::<String>::new());
    }

    #[test]
    fn this_workspace_breaks_no_rule() {
        if let Err(breaches) = check(&Workspace::find().unwrap()) {
            panic!("{breaches}");
        }
    }
}
