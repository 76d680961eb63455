//! What mapping one record costs, beside reading and writing the same bytes as JSON in the same run: on a shared
//! machine the ratio says more than the time.

use std::fs;
use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use lariat::mapping::{ConceptMaps, Mapping};
use serde_json::Value;

fn mapping(criterion: &mut Criterion) {
    let read = |path: &str| fs::read_to_string(path).expect("the benchmark runs in the package's root");
    let mut maps = ConceptMaps::default();
    for name in ["need-to-sdoh-category", "activity-to-prescription"] {
        maps.add(name, &read(&format!("profiles/concept-maps/{name}.json"))).expect("the shipped map is right");
    }
    let mapping = Mapping::load("riverbend.toml", &read("config/mappings/riverbend.toml"), &maps)
        .expect("the shipped mapping is right");
    let text = read("fixtures/json-referral/0-received.json");
    let record: Value = serde_json::from_str(&text).expect("the fixture is JSON");
    let bundle = mapping.apply(&record).expect("the fixture is right").to_string();

    let mut group = criterion.benchmark_group("mapping");
    group.bench_function("apply", |bencher| bencher.iter(|| mapping.apply(black_box(&record))));
    group.bench_function("explain", |bencher| bencher.iter(|| mapping.explain(black_box(&record))));
    for (name, text) in [("json_of_the_record", &text), ("json_of_the_bundle", &bundle)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| serde_json::from_str::<Value>(black_box(text)).map(|value| value.to_string()))
        });
    }
    group.finish();
}

criterion_group!(benches, mapping);
criterion_main!(benches);
