//! Successions of the server's statement keys, as answers list them.

use bizmitra_contract::statement;

use crate::export::Fixed;
use crate::succession::Succession;

/// As they came: nothing is checked yet.
pub(super) fn read_successions(told: Vec<statement::Succession>) -> Vec<Succession> {
    told.into_iter()
        .map(|told| Succession {
            former: Fixed(told.former.0),
            key: Fixed(told.key.0),
            since_ms: told.since_ms,
            former_sig: Fixed(told.former_sig.0),
            key_sig: Fixed(told.key_sig.0),
        })
        .collect()
}
