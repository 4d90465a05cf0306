//! Writes a BERT encoder as an ONNX graph from its weights: the model that sentence embedders are made of.
//!
//! Inputs `input_ids`, `attention_mask`, `token_type_ids`; output `last_hidden_state`. Pooling is not in it.
//! Only the plain form is known: absolute positions and the exact GELU. After Devlin et al., arXiv:1810.04805.

use crate::core::failure::{Failure, FailureKind, Outcome};
use crate::memory::install::graph::{Axis, Graph, Name, integer, list, real, whole};
use crate::memory::install::safetensors::Weights;
use serde::Deserialize;

/// Added to the scores of padding, so that their share of the attention is exactly zero in 32-bit floats.
const MASKED: f32 = -10_000.0;
/// The ONNX number of 32-bit floats, for `Cast`.
const FLOAT: i64 = 1;

/// The part of `config.json` that shapes the graph.
#[derive(Clone, Debug, Deserialize)]
pub struct BertConfig {
    model_type: String,
    #[serde(default = "gelu")]
    hidden_act: String,
    #[serde(default = "absolute")]
    position_embedding_type: String,
    hidden_size: usize,
    num_attention_heads: usize,
    num_hidden_layers: usize,
    layer_norm_eps: f32,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn absolute() -> String {
    "absolute".to_owned()
}

impl BertConfig {
    fn check(&self) -> Outcome<()> {
        let plain =
            self.model_type == "bert" && self.hidden_act == "gelu" && self.position_embedding_type == "absolute";
        let heads = self.num_attention_heads;
        if plain && heads > 0 && self.hidden_size.is_multiple_of(heads) {
            return Ok(());
        }
        Err(Failure::new(
            FailureKind::Invalid,
            format!(
                "only plain BERT models can be converted, and this is `{}` with `{}` activation, `{}` positions, {} heads over {}",
                self.model_type, self.hidden_act, self.position_embedding_type, heads, self.hidden_size
            ),
        ))
    }
}

/// The bytes of `model.onnx`; `Invalid` if the model is of another form or a tensor is missing.
pub fn onnx(config: &BertConfig, weights: &Weights) -> Outcome<Vec<u8>> {
    config.check()?;
    let mut writer = Writer { config, weights, graph: Graph::default() };
    let mut hidden = writer.embeddings()?;
    let mask = writer.mask()?;
    for layer in 0..config.num_hidden_layers {
        hidden = writer.layer(&format!("encoder.layer.{layer}"), &hidden, &mask)?;
    }
    let pair = || [Axis::Free("batch"), Axis::Free("sequence")];
    let (ids, masks, types) = (pair(), pair(), pair());
    let inputs: [(&str, &[Axis]); 3] = [("input_ids", &ids), ("attention_mask", &masks), ("token_type_ids", &types)];
    let axes = [Axis::Free("batch"), Axis::Free("sequence"), Axis::Fixed(config.hidden_size)];
    writer.graph.encode(&inputs, ("last_hidden_state", &hidden, &axes))
}

struct Writer<'a> {
    config: &'a BertConfig,
    weights: &'a Weights,
    graph: Graph,
}

impl Writer<'_> {
    /// The sum of the vectors of words, token types and positions, normalised.
    fn embeddings(&mut self) -> Outcome<Name> {
        let ids = "input_ids".to_owned();
        let words = self.table("embeddings.word_embeddings.weight")?;
        let words = self.graph.node("Gather", &[&words, &ids], vec![whole("axis", 0)]);
        let types = self.table("embeddings.token_type_embeddings.weight")?;
        let types = self.graph.node("Gather", &[&types, &"token_type_ids".to_owned()], vec![whole("axis", 0)]);
        let positions = self.table("embeddings.position_embeddings.weight")?;
        let positions = self.first_rows(&positions, &ids)?;
        let sum = self.graph.node("Add", &[&words, &types], Vec::new());
        let sum = self.graph.node("Add", &[&sum, &positions], Vec::new());
        self.norm(&sum, "embeddings.LayerNorm")
    }

    /// As many rows of a table as the input has tokens.
    fn first_rows(&mut self, table: &Name, ids: &Name) -> Outcome<Name> {
        let shape = self.graph.node("Shape", &[ids], Vec::new());
        let (zero, one) = (self.graph.integers(&[0])?, self.graph.integers(&[1])?);
        let length = self.graph.node("Gather", &[&shape, &one], vec![whole("axis", 0)]);
        Ok(self.graph.node("Slice", &[table, &zero, &length, &zero], Vec::new()))
    }

    /// What is added to the scores: 0 for tokens, much below 0 for padding; axes batch, 1, 1, sequence.
    fn mask(&mut self) -> Outcome<Name> {
        let mask = self.graph.node("Cast", &[&"attention_mask".to_owned()], vec![whole("to", FLOAT)]);
        let axes = self.graph.integers(&[1, 2])?;
        let mask = self.graph.node("Unsqueeze", &[&mask, &axes], Vec::new());
        let (one, low) = (self.graph.float(1.0)?, self.graph.float(MASKED)?);
        let padding = self.graph.node("Sub", &[&one, &mask], Vec::new());
        Ok(self.graph.node("Mul", &[&padding, &low], Vec::new()))
    }

    fn layer(&mut self, at: &str, input: &Name, mask: &Name) -> Outcome<Name> {
        let seen = self.attention(at, input, mask)?;
        let seen = self.dense(&seen, &format!("{at}.attention.output.dense"))?;
        let seen = self.graph.node("Add", &[&seen, input], Vec::new());
        let seen = self.norm(&seen, &format!("{at}.attention.output.LayerNorm"))?;
        let wide = self.dense(&seen, &format!("{at}.intermediate.dense"))?;
        let wide = self.gelu(&wide)?;
        let out = self.dense(&wide, &format!("{at}.output.dense"))?;
        let out = self.graph.node("Add", &[&out, &seen], Vec::new());
        self.norm(&out, &format!("{at}.output.LayerNorm"))
    }

    fn attention(&mut self, at: &str, input: &Name, mask: &Name) -> Outcome<Name> {
        let width = self.config.hidden_size / self.config.num_attention_heads;
        let query = self.heads(at, "query", input, &[0, 2, 1, 3])?;
        let key = self.heads(at, "key", input, &[0, 2, 3, 1])?;
        let value = self.heads(at, "value", input, &[0, 2, 1, 3])?;
        let scores = self.graph.node("MatMul", &[&query, &key], Vec::new());
        let width = u16::try_from(width).map_err(|_| Failure::new(FailureKind::Invalid, "a head is too wide"))?;
        let scale = self.graph.float(f32::from(width).sqrt().recip())?;
        let scores = self.graph.node("Mul", &[&scores, &scale], Vec::new());
        let scores = self.graph.node("Add", &[&scores, mask], Vec::new());
        let shares = self.graph.node("Softmax", &[&scores], vec![whole("axis", -1)]);
        let seen = self.graph.node("MatMul", &[&shares, &value], Vec::new());
        let seen = self.graph.node("Transpose", &[&seen], vec![list("perm", &[0, 2, 1, 3])]);
        // In a reshape, 0 keeps the length of the axis.
        let shape = self.graph.integers(&[0, 0, integer(self.config.hidden_size)?])?;
        Ok(self.graph.node("Reshape", &[&seen, &shape], Vec::new()))
    }

    fn heads(&mut self, at: &str, part: &str, input: &Name, order: &[i64]) -> Outcome<Name> {
        let all = self.dense(input, &format!("{at}.attention.self.{part}"))?;
        let heads = self.config.num_attention_heads;
        let shape = self.graph.integers(&[0, 0, integer(heads)?, integer(self.config.hidden_size / heads)?])?;
        let split = self.graph.node("Reshape", &[&all, &shape], Vec::new());
        Ok(self.graph.node("Transpose", &[&split], vec![list("perm", order)]))
    }

    /// `x W^T + b`, as PyTorch keeps its matrices.
    fn dense(&mut self, input: &Name, at: &str) -> Outcome<Name> {
        let matrix = self.weights.tensor(&format!("{at}.weight"))?;
        let shape: Vec<usize> = matrix.shape.iter().rev().copied().collect();
        let matrix = self.graph.floats(&shape, matrix.transposed()?)?;
        let bias = self.table(&format!("{at}.bias"))?;
        let product = self.graph.node("MatMul", &[input, &matrix], Vec::new());
        Ok(self.graph.node("Add", &[&product, &bias], Vec::new()))
    }

    fn gelu(&mut self, input: &Name) -> Outcome<Name> {
        let (root, one, half) =
            (self.graph.float(std::f32::consts::FRAC_1_SQRT_2)?, self.graph.float(1.0)?, self.graph.float(0.5)?);
        let scaled = self.graph.node("Mul", &[input, &root], Vec::new());
        let bell = self.graph.node("Erf", &[&scaled], Vec::new());
        let bell = self.graph.node("Add", &[&bell, &one], Vec::new());
        let product = self.graph.node("Mul", &[input, &bell], Vec::new());
        Ok(self.graph.node("Mul", &[&product, &half], Vec::new()))
    }

    fn norm(&mut self, input: &Name, at: &str) -> Outcome<Name> {
        let (scale, bias) = (self.table(&format!("{at}.weight"))?, self.table(&format!("{at}.bias"))?);
        let attributes = vec![whole("axis", -1), real("epsilon", self.config.layer_norm_eps)];
        Ok(self.graph.node("LayerNormalization", &[input, &scale, &bias], attributes))
    }

    fn table(&mut self, name: &str) -> Outcome<Name> {
        let tensor = self.weights.tensor(name)?;
        self.graph.floats(&tensor.shape, tensor.bytes.to_vec())
    }
}
