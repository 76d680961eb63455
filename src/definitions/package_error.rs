//! Why a package of definitions is refused.

/// What is wrong with a package, for whoever gave it.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It cannot be read.
    #[error("{0}: {1}")]
    Read(String, #[source] std::io::Error),
    /// It is neither a folder nor a gzip-compressed tar file.
    #[error("it is neither a folder nor a .tgz")]
    Kind,
    /// A name in the archive leads out of it, or is a link or device.
    #[error("its entry {0} {1}")]
    Entry(String, &'static str),
    /// A file in it is not JSON.
    #[error("its file {0} is not JSON: line {1}")]
    Json(String, usize),
    /// A definition in it is not of the form that can be held.
    #[error("its definition {0} {1}")]
    Resource(String, &'static str),
    /// More bytes than are read.
    #[error("{0}, it has more than {1} bytes")]
    TooLarge(&'static str, u64),
    /// More files than are read.
    #[error("it has more than {0} entries")]
    TooMany(usize),
    /// It is for another FHIR version.
    #[error("it is for FHIR {0}; Lariat reads packages for R4 (4.0)")]
    Fhir(String),
    /// It has no definitions.
    #[error("it holds no definition")]
    Empty,
    /// An installed package, or the embedded one, is not what was written.
    #[error("the installed package {0}; add it again")]
    Shelf(&'static str),
    /// Its name or version cannot be the name of a file.
    #[error("its package.json has no {0} that can be used")]
    Name(&'static str),
}
