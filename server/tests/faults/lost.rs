//! The server ends the session at any moment of a build.

use std::sync::Arc;

use compiler::adapter::Warehouse;
use compiler::artifacts::results::Status;
use serde_json::json;

use crate::fault::Fault;
use crate::project::texts;
use crate::server::{connect, run};
use crate::warehouse::{Base, Kind};

/// Ends the session of a connection from outside.
fn end_session(warehouse: &Arc<dyn Warehouse>) {
    let asked = warehouse.execute("select pg_backend_pid()::text", true, None);
    // Inside of a transaction that failed there is nothing to ask.
    if let Ok((_, table)) = asked {
        let sql = format!("select pg_terminate_backend({}, 10000)", texts(&table)[0]);
        run(&connect(json!({})), &sql);
    }
}

#[test]
fn a_connection_may_be_lost_at_any_statement() {
    let base = Base::new(Kind::Postgres, "losses");
    let counted = Fault::never();
    base.copy("counted").build(2, &counted).unwrap();
    let mut unharmed = 0;
    for moment in (0..counted.seen()).step_by(3) {
        let name = format!("at_{moment}");
        let shop = base.copy(&name);
        let ended = shop.build(2, &Fault::new(moment, end_session));
        let what = format!("connection lost at moment {moment}");
        let states = shop.states();
        base.assert_old_or_new(&states, &what);
        if let Ok(outcome) = ended {
            unharmed += usize::from(outcome.success());
            for result in &outcome.results.results {
                let name = result.unique_id.rsplit('.').next().unwrap_or_default();
                if result.status == Status::Success
                    && let Some(state) = base.new.get(name)
                {
                    assert_eq!(&states[name], state, "{what}: {name} is said to be done");
                }
                assert_ne!(result.status, Status::Fail, "{what}: {result:?}");
            }
        }
        shop.build_well(2);
        assert_eq!(shop.states(), base.new, "{what}, then built");
        base.remove(&name, shop);
    }
    assert!(unharmed > 0, "no loss between two nodes was mended");
}
