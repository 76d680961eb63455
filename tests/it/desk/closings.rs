//! Closing: what the page shows first is what the clinic's chart is told then.

use std::time::Duration;

use lariat::domain::id::ResourceId;
use lariat::domain::reason::ClosingReason;
use lariat::exchange::desk::Closing;
use serde_json::json;

use crate::desk::house::{DeskHouse, OAK};
use crate::desk::verbs::{closing, consent_and_send};

/// How far the referral has gone.
const ROUTES: [&str; 7] = ["untaken", "taken", "requested", "accepted", "in-progress", "completed", "rejected"];

async fn brought(house: &DeskHouse, id: ResourceId, route: &str) {
    let desk = &house.running.desk;
    match route {
        "untaken" => {}
        "taken" => {
            desk.take(&house.nadia, id, &house.act(id).await).await.unwrap();
        }
        status => {
            consent_and_send(house, id, OAK).await;
            let task = desk.referral(&house.nadia, id).await.unwrap().tried[0].task.to_string();
            let on_the_way: &[&str] = match status {
                "in-progress" | "completed" => &["accepted"],
                _ => &[],
            };
            for status in on_the_way.iter().chain(&[status]).filter(|status| **status != "requested") {
                let moves = |task: &mut serde_json::Value| task["status"] = json!(status);
                assert_eq!(house.partner_answers(OAK, &task, moves).await, 200, "{status}");
            }
        }
    }
}

#[tokio::test]
async fn what_is_shown_before_a_referral_is_closed_is_what_the_chart_is_told() {
    let house = DeskHouse::open().await;
    let desk = &house.running.desk;
    let mut number = 0;
    let mut closed = 0;
    for level in ["light", "medium", "holistic"] {
        for route in ROUTES {
            for reason in ClosingReason::ALL {
                if *reason == ClosingReason::InformationGiven {
                    continue;
                }
                number += 1;
                let id = house.referral_with(number, |record| record["support_level"] = json!(level)).await;
                brought(&house, id, route).await;
                house.deliver().await;
                house.emr.heard();
                let ends = Closing {
                    words: Some("as agreed".to_owned()),
                    outcome: Some("Goes on Thursdays".to_owned()),
                    ..closing(*reason)
                };
                let act = house.act(id).await;
                // Some of these routes end by themselves.
                let Ok(Some(check)) = desk.check_closing(&house.nadia, id, &act, &ends).await else { continue };
                desk.close(&house.nadia, id, &act, &ends).await.unwrap();
                house.deliver().await;
                let heard = house.emr.heard();
                let told: Vec<_> = heard.iter().map(|one| one.data["summary"].as_str().unwrap()).collect();
                assert_eq!(told, [check.chart.as_str()], "{level}, {route}, {}", reason.code());
                closed += 1;
                house.pass(Duration::from_secs(60));
            }
        }
    }
    assert!(closed >= 130, "{closed}");
    house.close().await;
}
