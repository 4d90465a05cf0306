//! A tiny BERT with random weights and its forward pass, written out plainly in 64-bit floats.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const HIDDEN: usize = 32;
const HEADS: usize = 4;
const LAYERS: usize = 2;
const WIDE: usize = 64;
const EPSILON: f64 = 1e-6;

/// Tensors by name, row by row.
pub(super) struct Model(BTreeMap<String, (Vec<usize>, Vec<f32>)>);

type Rows = Vec<Vec<f64>>;

impl Model {
    /// Weights of about -1 to 1, the same every time.
    pub(super) fn random() -> Self {
        let mut shapes = vec![
            ("embeddings.word_embeddings.weight".to_owned(), vec![8, HIDDEN]),
            ("embeddings.position_embeddings.weight".to_owned(), vec![16, HIDDEN]),
            ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, HIDDEN]),
        ];
        let mut pair = |at: &str, shape: Vec<usize>| {
            shapes.push((format!("{at}.bias"), vec![shape[0]]));
            shapes.push((format!("{at}.weight"), shape));
        };
        pair("embeddings.LayerNorm", vec![HIDDEN]);
        for layer in 0..LAYERS {
            let at = |part: &str| format!("encoder.layer.{layer}.{part}");
            for part in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"]
            {
                pair(&at(part), vec![HIDDEN, HIDDEN]);
            }
            pair(&at("attention.output.LayerNorm"), vec![HIDDEN]);
            pair(&at("intermediate.dense"), vec![WIDE, HIDDEN]);
            pair(&at("output.dense"), vec![HIDDEN, WIDE]);
            pair(&at("output.LayerNorm"), vec![HIDDEN]);
        }
        let mut state: u32 = 7;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(u16::try_from(state >> 16).expect("16 bits are left")) / 32_768.0 - 1.0
        };
        let tensors = shapes.into_iter().map(|(name, shape)| {
            let values = (0..shape.iter().product()).map(|_| next()).collect();
            (name, (shape, values))
        });
        Self(tensors.collect())
    }

    pub(super) fn config(&self) -> Value {
        json!({
            "model_type": "bert", "hidden_act": "gelu", "hidden_size": HIDDEN, "num_attention_heads": HEADS,
            "num_hidden_layers": LAYERS, "layer_norm_eps": EPSILON, "pad_token_id": 0,
        })
    }

    pub(super) fn safetensors(&self) -> Vec<u8> {
        let (mut header, mut data) = (Map::new(), Vec::new());
        for (name, (shape, values)) in &self.0 {
            let from = data.len();
            data.extend(values.iter().flat_map(|x| x.to_le_bytes()));
            header.insert(name.clone(), json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]}));
        }
        let header = Value::Object(header).to_string();
        let mut bytes = u64::try_from(header.len()).expect("it is short").to_le_bytes().to_vec();
        bytes.extend(header.into_bytes());
        bytes.extend(data);
        bytes
    }

    /// The mean of the last hidden states, of length 1.
    pub(super) fn embed(&self, ids: &[usize]) -> Vec<f64> {
        let row = |table: &str, at: usize| self.row(&format!("embeddings.{table}_embeddings.weight"), at);
        let sums = ids
            .iter()
            .enumerate()
            .map(|(position, id)| add(&add(&row("word", *id), &row("position", position)), &row("token_type", 0)));
        let mut hidden = self.norm(sums.collect(), "embeddings.LayerNorm");
        for layer in 0..LAYERS {
            let at = |part: &str| format!("encoder.layer.{layer}.{part}");
            let seen = self.dense(&self.attention(&hidden, layer), &at("attention.output.dense"));
            let seen = self.norm(add_rows(&seen, &hidden), &at("attention.output.LayerNorm"));
            let mut wide = self.dense(&seen, &at("intermediate.dense"));
            wide.iter_mut().flatten().for_each(|x| *x *= 0.5 * (1.0 + erf(*x / 2.0_f64.sqrt())));
            let out = self.dense(&wide, &at("output.dense"));
            hidden = self.norm(add_rows(&out, &seen), &at("output.LayerNorm"));
        }
        let sum = hidden.iter().fold(vec![0.0; HIDDEN], |sum, row| add(&sum, row));
        let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
        sum.iter().map(|x| x / length).collect()
    }

    fn attention(&self, hidden: &Rows, layer: usize) -> Rows {
        let part = |name: &str| self.dense(hidden, &format!("encoder.layer.{layer}.attention.self.{name}"));
        let (query, key, value) = (part("query"), part("key"), part("value"));
        let width = HIDDEN / HEADS;
        let mut seen = vec![Vec::new(); hidden.len()];
        for head in 0..HEADS {
            let of = |row: &Vec<f64>| row[head * width..(head + 1) * width].to_vec();
            for (row, out) in query.iter().zip(&mut seen) {
                let scores: Vec<f64> = key.iter().map(|k| (dot(&of(row), &of(k)) / 8.0_f64.sqrt()).exp()).collect();
                let total: f64 = scores.iter().sum();
                let zero = vec![0.0; width];
                let mixed = value
                    .iter()
                    .zip(&scores)
                    .fold(zero, |sum, (v, score)| sum.iter().zip(of(v)).map(|(s, x)| s + x * score / total).collect());
                out.extend(mixed);
            }
        }
        seen
    }

    fn row(&self, name: &str, at: usize) -> Vec<f64> {
        let (shape, values) = &self.0[name];
        let columns = shape.get(1).copied().unwrap_or(shape[0]);
        values[at * columns..(at + 1) * columns].iter().map(|x| f64::from(*x)).collect()
    }

    fn dense(&self, input: &Rows, at: &str) -> Rows {
        let (matrix, bias) = (format!("{at}.weight"), self.row(&format!("{at}.bias"), 0));
        let one = |row: &Vec<f64>| (0..bias.len()).map(|out| dot(row, &self.row(&matrix, out)) + bias[out]).collect();
        input.iter().map(one).collect()
    }

    fn norm(&self, rows: Rows, at: &str) -> Rows {
        let (scale, bias) = (self.row(&format!("{at}.weight"), 0), self.row(&format!("{at}.bias"), 0));
        let count = f64::from(u32::try_from(HIDDEN).expect("it is small"));
        let one = |row: Vec<f64>| {
            let mean = row.iter().sum::<f64>() / count;
            let spread = (row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count + EPSILON).sqrt();
            row.iter().enumerate().map(|(i, x)| (x - mean) / spread * scale[i] + bias[i]).collect()
        };
        rows.into_iter().map(one).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(x, y)| x + y).collect()
}

fn add_rows(a: &Rows, b: &Rows) -> Rows {
    a.iter().zip(b).map(|(x, y)| add(x, y)).collect()
}

/// The error function by its Maclaurin series, exact enough below 5; beyond that it is 1.
fn erf(x: f64) -> f64 {
    if x.abs() > 5.0 {
        return x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..120_u32 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}
