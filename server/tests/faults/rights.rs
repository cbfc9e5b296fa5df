//! The owner of the schema takes the role's rights away at any moment of a build.

use serde_json::json;

use crate::fault::Fault;
use crate::server::{connect, run};
use crate::warehouse::{BUILDER, Base, Kind};

#[test]
fn rights_may_be_revoked_at_any_statement() {
    let base = Base::new(Kind::PostgresAsBuilder, "rights");
    let counted = Fault::never();
    base.copy("counted").build(2, &counted).unwrap();
    let mut refused = 0;
    for moment in (0..counted.seen()).step_by(3) {
        let name = format!("at_{moment}");
        let shop = base.copy(&name);
        let database = format!("rights_{name}");
        let owner = move |sql: &str| {
            let sql = format!("{sql} {BUILDER}");
            run(&connect(json!({"dbname": database})), &sql);
        };
        let revoke = owner.clone();
        let fault = Fault::new(moment, move |_| revoke("revoke all on schema public from"));
        let ended = shop.build(2, &fault);
        owner("grant all on schema public to");

        let what = format!("rights revoked at moment {moment}");
        let states = shop.states();
        base.assert_old_or_new(&states, &what);
        if let Ok(outcome) = ended {
            for result in &outcome.results.results {
                if result.status.is_failure() {
                    refused += 1;
                    let message = result.message.as_deref().unwrap_or_default();
                    assert!(message.contains("permission denied"), "{what}: {message}");
                }
            }
        }
        shop.build_well(2);
        assert_eq!(shop.states(), base.new, "{what}, then built");
        base.remove(&name, shop);
    }
    assert!(refused > 0, "nothing was refused");
}
