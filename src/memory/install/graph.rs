//! Builds ONNX graphs node by node, in the protocol buffers that tract reads.
//!
//! It knows the format, not any model. Format: onnx.ai/onnx/repo-docs/IR.html, operator set 17.

use crate::core::failure::{Failure, FailureKind, Outcome};
use prost::Message;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto,
    ValueInfoProto, attribute_proto::AttributeType, type_proto,
};

const OPERATOR_SET: i64 = 17;
const FORMAT_VERSION: i64 = 8;

/// The name of a value in a graph.
pub(super) type Name = String;

/// A graph under construction.
#[derive(Default)]
pub(super) struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    count: usize,
}

/// An axis of an input or output: a fixed length, or the name of a free one.
pub(super) enum Axis {
    Fixed(usize),
    Free(&'static str),
}

impl Graph {
    /// Adds a node with one output, and answers the output's name.
    pub(super) fn node(&mut self, operator: &str, inputs: &[&Name], attributes: Vec<AttributeProto>) -> Name {
        self.count += 1;
        let name = format!("{operator}_{}", self.count);
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| (*input).clone()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.to_owned(),
            attribute: attributes,
            ..NodeProto::default()
        });
        name
    }

    /// Adds a tensor of 32-bit floats, given as little-endian bytes.
    pub(super) fn floats(&mut self, shape: &[usize], bytes: Vec<u8>) -> Outcome<Name> {
        self.constant(shape, DataType::Float, bytes)
    }

    /// Adds a single float, without axes.
    pub(super) fn float(&mut self, value: f32) -> Outcome<Name> {
        self.floats(&[], value.to_le_bytes().to_vec())
    }

    /// Adds a list of integers.
    pub(super) fn integers(&mut self, values: &[i64]) -> Outcome<Name> {
        self.constant(&[values.len()], DataType::Int64, values.iter().flat_map(|x| x.to_le_bytes()).collect())
    }

    fn constant(&mut self, shape: &[usize], kind: DataType, bytes: Vec<u8>) -> Outcome<Name> {
        let name = format!("constant_{}", self.constants.len());
        self.constants.push(TensorProto {
            dims: shape.iter().map(|length| integer(*length)).collect::<Outcome<_>>()?,
            data_type: kind.into(),
            name: name.clone(),
            raw_data: bytes,
            ..TensorProto::default()
        });
        Ok(name)
    }

    /// The bytes of the model: 64-bit integer inputs over the given axes, and one output of floats.
    pub(super) fn encode(mut self, inputs: &[(&str, &[Axis])], output: (&str, &Name, &[Axis])) -> Outcome<Vec<u8>> {
        let (name, value, axes) = output;
        self.nodes.push(NodeProto {
            input: vec![value.clone()],
            output: vec![name.to_owned()],
            name: name.to_owned(),
            op_type: "Identity".to_owned(),
            ..NodeProto::default()
        });
        let inputs = inputs.iter().map(|(name, axes)| described(name, DataType::Int64, axes));
        let graph = GraphProto {
            node: self.nodes,
            name: "model".to_owned(),
            initializer: self.constants,
            input: inputs.collect::<Outcome<_>>()?,
            output: vec![described(name, DataType::Float, axes)?],
            ..GraphProto::default()
        };
        let model = ModelProto {
            ir_version: FORMAT_VERSION,
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: OPERATOR_SET }],
            producer_name: "rhizo".to_owned(),
            graph: Some(graph),
            ..ModelProto::default()
        };
        Ok(model.encode_to_vec())
    }
}

/// An integer attribute of a node.
pub(super) fn whole(name: &str, value: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: AttributeType::Int.into(), i: value, ..AttributeProto::default() }
}

/// A float attribute of a node.
pub(super) fn real(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.to_owned(), r#type: AttributeType::Float.into(), f: value, ..AttributeProto::default() }
}

/// An attribute of a node that is a list of integers.
pub(super) fn list(name: &str, values: &[i64]) -> AttributeProto {
    let ints = values.to_vec();
    AttributeProto { name: name.to_owned(), r#type: AttributeType::Ints.into(), ints, ..AttributeProto::default() }
}

/// A length as the format writes it; `Invalid` if it is too large.
pub(super) fn integer(length: usize) -> Outcome<i64> {
    i64::try_from(length).map_err(|_| Failure::new(FailureKind::Invalid, format!("the length {length} is too large")))
}

fn described(name: &str, kind: DataType, axes: &[Axis]) -> Outcome<ValueInfoProto> {
    let mut shape = TensorShapeProto::default();
    for axis in axes {
        let value = match axis {
            Axis::Fixed(length) => dimension::Value::DimValue(integer(*length)?),
            Axis::Free(name) => dimension::Value::DimParam((*name).to_owned()),
        };
        shape.dim.push(Dimension { value: Some(value), ..Dimension::default() });
    }
    let tensor = type_proto::Tensor { elem_type: kind.into(), shape: Some(shape) };
    let described = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), ..TypeProto::default() };
    Ok(ValueInfoProto { name: name.to_owned(), r#type: Some(described), ..ValueInfoProto::default() })
}
