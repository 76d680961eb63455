//! Where an element stands in its resource, told only when somebody asks: evaluation itself carries no paths.

use crate::definitions::Definitions;

use super::item::{Kind, Node};
use super::navigate;

/// The FHIRPath of `wanted` below `root`, such as `Observation.component[1].value.ofType(Quantity).unit`; `None` when
/// it stands elsewhere. Walks the resource.
pub fn path_of(definitions: &Definitions, root: &Node<'_>, wanted: &Node<'_>) -> Option<String> {
    let mut path = match root.kind {
        Kind::Resource(shape) | Kind::Object(shape) => definitions.shape(shape).path().to_owned(),
        Kind::Primitive(primitive) => primitive.name().to_owned(),
        Kind::Unknown => String::new(),
    };
    (root.is_same(wanted) || find(definitions, root, wanted, &mut path)).then_some(path)
}

/// Extends `path` by the way from `node` to `wanted`, and leaves it alone when there is none.
fn find(definitions: &Definitions, node: &Node<'_>, wanted: &Node<'_>, path: &mut String) -> bool {
    let mut children: Vec<(String, Node<'_>)> = Vec::new();
    navigate::each_child(definitions, node, &mut |name, child| children.push((name.to_owned(), child)));
    let length = path.len();
    let mut index = 0;
    for (number, (name, child)) in children.iter().enumerate() {
        index = if number > 0 && children[number - 1].0 == *name { index + 1 } else { 0 };
        push(definitions, node, name, index, path);
        if child.is_same(wanted) || find(definitions, child, wanted, path) {
            return true;
        }
        path.truncate(length);
    }
    false
}

/// One step: the name, or stem and type of a choice, and the index where the element repeats.
fn push(definitions: &Definitions, node: &Node<'_>, name: &str, index: usize, path: &mut String) {
    path.push('.');
    let shape = match node.kind {
        Kind::Resource(shape) | Kind::Object(shape) => Some(shape),
        Kind::Primitive(_) => definitions.type_named("Element"),
        Kind::Unknown => None,
    };
    let shape = shape.map(|shape| definitions.shape(shape));
    let Some((shape, property)) = shape.and_then(|shape| Some((shape, shape.property(name)?))) else {
        return path.push_str(&format!("{name}[{index}]"));
    };
    let element = &shape.elements()[property.element()];
    path.push_str(element.name());
    if element.is_choice() {
        path.extend([".ofType(", property.type_name(), ")"]);
    }
    if element.repeats() {
        path.push_str(&format!("[{index}]"));
    }
}
