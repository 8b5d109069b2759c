//! The harness that end-to-end tests, the demo and the benchmarks share: it starts the real programs (control plane,
//! edge worker under workerd, webhook receiver, demo page) on loopback ports of their own choice, waits for conditions,
//! and stops exactly what it started.

pub mod control_plane;
pub mod demo_data;
pub mod edge;
pub mod edge_dev;
pub mod endpoint;
pub mod environment;
pub mod faulty;
pub mod http;
pub mod ingest_dev;
pub mod membership;
pub mod object_storage;
pub mod oracle;
pub mod page;
pub mod process;
pub mod receiver;
pub mod size;
pub mod stub;
pub mod system;
pub mod table;
pub mod wait;
pub mod workload;

pub use control_plane::ControlPlane;
pub use edge::Edge;
pub use edge_dev::EdgeDev;
pub use environment::Environment;
pub use faulty::Faulty;
pub use ingest_dev::IngestDev;
pub use object_storage::ObjectStorage;
pub use page::Page;
pub use receiver::Receiver;
pub use stub::Stub;
pub use system::System;
