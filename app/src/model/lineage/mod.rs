//! The lineage graph: what it shows, where it stands, and how one looks at it.

mod camera;
mod groups;
mod minimap;
mod scene;
mod shown;
mod svg;

pub use camera::{Camera, Frame};
pub use groups::grouping;
pub use minimap::MiniMap;
pub use scene::{Draft, Edge, NODE_HEIGHT, NODE_WIDTH, OpenGroup, Scene, SceneNode, Step};
pub use shown::{Shown, shown, way_of_column};
pub use svg::{Ink, svg};
