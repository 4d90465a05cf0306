//! The functions and constants of `calculate`.

/// The value of a constant.
pub fn constant(name: &str) -> Option<f64> {
    match name.to_lowercase().as_str() {
        "pi" | "π" => Some(std::f64::consts::PI),
        "tau" | "τ" => Some(std::f64::consts::TAU),
        "e" => Some(std::f64::consts::E),
        _ => None,
    }
}

/// A function of one argument.
pub fn unary(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "abs" => f64::abs,
        "sqrt" => f64::sqrt,
        "cbrt" => f64::cbrt,
        "exp" => f64::exp,
        "ln" | "log" => f64::ln,
        "log2" => f64::log2,
        "log10" => f64::log10,
        "sin" => f64::sin,
        "cos" => f64::cos,
        "tan" => f64::tan,
        "asin" => f64::asin,
        "acos" => f64::acos,
        "atan" => f64::atan,
        "sinh" => f64::sinh,
        "cosh" => f64::cosh,
        "tanh" => f64::tanh,
        "floor" => f64::floor,
        "ceil" => f64::ceil,
        "round" => f64::round,
        "trunc" => f64::trunc,
        "degrees" => f64::to_degrees,
        "radians" => f64::to_radians,
        "sign" => sign,
        _ => return None,
    })
}

/// A function of two arguments.
pub fn binary(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "pow" => f64::powf,
        "mod" => remainder,
        "log" => f64::log,
        "atan2" => f64::atan2,
        "hypot" => f64::hypot,
        "round" => round_to,
        _ => return None,
    })
}

/// A function of any number of arguments above none.
pub fn many(name: &str) -> Option<fn(&[f64]) -> f64> {
    Some(match name {
        "min" => |all| all.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => |all| all.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "sum" => |all| all.iter().sum(),
        "mean" | "avg" => mean,
        _ => return None,
    })
}

/// The names of all functions, for hints.
pub const NAMES: [&str; 32] = [
    "abs", "sqrt", "cbrt", "exp", "ln", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "sinh",
    "cosh", "tanh", "floor", "ceil", "round", "trunc", "degrees", "radians", "sign", "pow", "mod", "atan2", "hypot",
    "min", "max", "sum", "mean",
];

/// The remainder with the sign of the divisor, as in Python and in spreadsheets.
pub fn remainder(a: f64, b: f64) -> f64 {
    let left = a % b;
    if left != 0.0 && (left < 0.0) != (b < 0.0) { left + b } else { left }
}

fn sign(x: f64) -> f64 {
    if x == 0.0 { 0.0 } else { x.signum() }
}

fn round_to(x: f64, digits: f64) -> f64 {
    let scale = 10f64.powf(digits.trunc());
    (x * scale).round() / scale
}

fn mean(all: &[f64]) -> f64 {
    let count: f64 = all.iter().map(|_| 1.0).sum();
    all.iter().sum::<f64>() / count
}
