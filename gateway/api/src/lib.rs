//! The machine-to-machine API: routes over the flow. None is built yet.
