//! Typed answers over loopback.
