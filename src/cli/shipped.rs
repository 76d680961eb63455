//! What the program brings along for sources that do not speak FHIR: the schema of the native door, the concept maps.

use crate::cli::exit::Failure;
use crate::config::MappingText;
use crate::mapping::ConceptMaps;
use crate::validation::NativeSchema;

const SCHEMA: &str = include_str!("../../profiles/schemas/referral.schema.json");

const CONCEPT_MAPS: [(&str, &str); 2] = [
    (
        "profiles/concept-maps/need-to-sdoh-category.json",
        include_str!("../../profiles/concept-maps/need-to-sdoh-category.json"),
    ),
    (
        "profiles/concept-maps/activity-to-prescription.json",
        include_str!("../../profiles/concept-maps/activity-to-prescription.json"),
    ),
];

/// The mapping of the sandbox's pretend EMR: an example for others, and what `lariat map` tries when none is configured.
pub(crate) fn example_mapping() -> MappingText {
    MappingText {
        name: "riverbend".to_owned(),
        file: "config/mappings/riverbend.toml".to_owned(),
        text: include_str!("../../config/mappings/riverbend.toml").to_owned(),
    }
}

/// The concept maps that mapping files may name.
pub(crate) fn concept_maps() -> Result<ConceptMaps, Failure> {
    let mut maps = ConceptMaps::default();
    for (file, text) in CONCEPT_MAPS {
        maps.add(file, text)?;
    }
    Ok(maps)
}

/// What a record at `/json/referrals` must look like.
pub(crate) fn native_schema() -> Result<NativeSchema, Failure> {
    let schema = serde_json::from_str(SCHEMA).map_err(anyhow::Error::new)?;
    Ok(NativeSchema::compile(&schema).map_err(anyhow::Error::new)?)
}
