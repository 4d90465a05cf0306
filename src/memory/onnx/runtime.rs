//! Gives `ort` its backend: tract, in pure Rust, with no library to load at run time.

use ort::sys::{OrtStatusPtr, OrtTensorTypeAndShapeInfo};
use std::ffi::c_char;

/// Sets the backend of the process; calls after the first change nothing.
pub(super) fn prepare() {
    let mut api = ort_tract::api();
    // fastembed turns on `ort`'s api-24, which names the dimensions of every tensor it makes. ort-tract has
    // no such function and would fail; names of dimensions are only comments, so dropping them is right.
    api.SetSymbolicDimensions = drop_names;
    // False means that a backend is set already, and it can only be this one.
    ort::set_api(api);
}

extern "system" fn drop_names(
    _info: *mut OrtTensorTypeAndShapeInfo,
    _names: *mut *const c_char,
    _count: usize,
) -> OrtStatusPtr {
    OrtStatusPtr::default()
}
