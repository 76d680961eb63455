//! What the program brings along for sources that do not speak FHIR: the schemas of the native door, the concept maps.

use crate::cli::exit::{Exit, Failure};
use crate::config::MappingText;
use crate::mapping::{ConceptMaps, Mapping};
use crate::validation::NativeSchema;

/// The schema of a mapping that names none.
const REFERRAL: &str = "referral";

/// The schemas that a mapping file may name by its `schema`.
const SCHEMAS: [(&str, &str); 2] = [
    (REFERRAL, include_str!("../../profiles/schemas/referral.schema.json")),
    ("oscar-consultation", include_str!("../../profiles/schemas/oscar-consultation.schema.json")),
];

const CONCEPT_MAPS: [(&str, &str); 8] = [
    (
        "profiles/concept-maps/need-to-sdoh-category.json",
        include_str!("../../profiles/concept-maps/need-to-sdoh-category.json"),
    ),
    (
        "profiles/concept-maps/activity-to-prescription.json",
        include_str!("../../profiles/concept-maps/activity-to-prescription.json"),
    ),
    ("profiles/concept-maps/oscar-urgency.json", include_str!("../../profiles/concept-maps/oscar-urgency.json")),
    ("profiles/concept-maps/oscar-status.json", include_str!("../../profiles/concept-maps/oscar-status.json")),
    ("profiles/concept-maps/oscar-sex.json", include_str!("../../profiles/concept-maps/oscar-sex.json")),
    ("profiles/concept-maps/oscar-language.json", include_str!("../../profiles/concept-maps/oscar-language.json")),
    (
        "profiles/concept-maps/oscar-health-card.json",
        include_str!("../../profiles/concept-maps/oscar-health-card.json"),
    ),
    (
        "profiles/concept-maps/oscar-specialist.json",
        include_str!("../../profiles/concept-maps/oscar-specialist.json"),
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

/// What the records of a mapping must look like, by the schema that it names.
pub(crate) fn native_schema(mapping: &Mapping) -> Result<NativeSchema, Failure> {
    let asked = mapping.schema().unwrap_or(REFERRAL);
    let Some((_, text)) = SCHEMAS.iter().find(|(name, _)| *name == asked) else {
        let known = SCHEMAS.map(|(name, _)| name).join(", ");
        let fix = format!("set `schema` of the mapping to one of {known}, or leave it out");
        return Err(Failure::new(Exit::Usage, "mapping", "the mapping names a schema that there is not", fix));
    };
    let schema = serde_json::from_str(text).map_err(anyhow::Error::new)?;
    Ok(NativeSchema::compile(&schema).map_err(anyhow::Error::new)?)
}
