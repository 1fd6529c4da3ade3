//! The model of a type that derives `CacheKey`: its shapes, its kept fields and its bounds.

use quote::format_ident;
use syn::{
    Data, DeriveInput, Fields, Generics, Ident, Member, Path, Type, TypePath, WherePredicate,
    ext::IdentExt as _,
    parse_quote,
    visit::{self, Visit},
};

use super::options;
use crate::shared::errors::Errors;

pub(super) struct Model {
    pub(super) krate: Path,
    pub(super) ident: Ident,
    /// With the bounds that the fields need.
    pub(super) generics: Generics,
    pub(super) body: Body,
}

pub(super) enum Body {
    Struct(Shape),
    Enum(Vec<(Ident, Shape)>),
}

/// A struct, or one variant.
pub(super) struct Shape {
    /// The text that is written before the fields, so that two shapes of other fields never meet. A
    /// tuple struct has none.
    pub(super) text: Option<String>,
    /// Those that are not skipped, in declared order.
    pub(super) fields: Vec<Field>,
}

pub(super) struct Field {
    pub(super) member: Member,
    pub(super) ty: Type,
}

impl Field {
    /// The name that a pattern gives it.
    pub(super) fn binding(&self) -> Ident {
        match &self.member {
            Member::Named(name) => format_ident!("__{}", name.unraw()),
            Member::Unnamed(index) => format_ident!("__{}", index.index),
        }
    }
}

impl Model {
    pub(super) fn new(input: DeriveInput, errors: &mut Errors) -> Option<Self> {
        let krate = options::krate(&input.attrs, errors);
        let body = match input.data {
            Data::Struct(data) => Body::Struct(structure(&data.fields, errors)),
            Data::Enum(data) => Body::Enum(
                data.variants.iter().map(|variant| self::variant(variant, errors)).collect(),
            ),
            Data::Union(data) => {
                let message = "a union does not know which of its fields is set: implement `CacheKey` by hand";
                errors.at(data.union_token, message);
                return None;
            }
        };
        let generics = bounded(input.generics, &body, &krate);
        Some(Self { krate, ident: input.ident, generics, body })
    }
}

/// Named fields write their names first, so that reordering them in a new release meets no old key.
fn structure(fields: &Fields, errors: &mut Errors) -> Shape {
    let kept = kept(fields, errors);
    let text = matches!(fields, Fields::Named(_)).then(|| listed(&kept));
    Shape { text, fields: kept }
}

fn variant(variant: &syn::Variant, errors: &mut Errors) -> (Ident, Shape) {
    options::variant(&variant.attrs, errors);
    let fields = kept(&variant.fields, errors);
    let name = variant.ident.unraw();
    let text = match &variant.fields {
        Fields::Named(_) => format!("{name}{}", listed(&fields)),
        Fields::Unnamed(_) => format!("{name}({})", fields.len()),
        Fields::Unit => name.to_string(),
    };
    (variant.ident.clone(), Shape { text: Some(text), fields })
}

fn listed(fields: &[Field]) -> String {
    let name = |field: &Field| match &field.member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    };
    format!("{{{}}}", fields.iter().map(name).collect::<Vec<_>>().join(","))
}

fn kept(fields: &Fields, errors: &mut Errors) -> Vec<Field> {
    let members = fields.members().zip(fields);
    let kept = members.filter(|(_, field)| !options::skipped(&field.attrs, errors));
    kept.map(|(member, field)| Field { member, ty: field.ty.clone() }).collect()
}

/// Type parameters and their projections are bound where a field's type names them; binding the
/// fields' own types would never end for a type that contains itself.
fn bounded(mut generics: Generics, body: &Body, krate: &Path) -> Generics {
    let params = generics.type_params().map(|param| param.ident.clone()).collect();
    let mut named = Named { params, found: vec![] };
    let shapes = match body {
        Body::Struct(shape) => vec![shape],
        Body::Enum(variants) => variants.iter().map(|(_, shape)| shape).collect(),
    };
    for field in shapes.into_iter().flat_map(|shape| &shape.fields) {
        named.visit_type(&field.ty);
    }
    let predicates = named
        .found
        .into_iter()
        .map(|ty| -> WherePredicate { parse_quote!(#ty: #krate::__private::CacheKey) });
    let mut predicates = predicates.peekable();
    if predicates.peek().is_some() {
        generics.make_where_clause().predicates.extend(predicates);
    }
    generics
}

/// The type parameters, and projections of them, that types name.
struct Named {
    params: Vec<Ident>,
    found: Vec<TypePath>,
}

impl<'ast> Visit<'ast> for Named {
    fn visit_type_path(&mut self, ty: &'ast TypePath) {
        let path = &ty.path;
        if path.segments.last().is_some_and(|last| last.ident == "PhantomData") {
            return;
        }
        let is_param =
            path.segments.first().is_some_and(|first| self.params.contains(&first.ident));
        if ty.qself.is_none() && is_param && path.leading_colon.is_none() {
            self.add(ty);
        }
        visit::visit_type_path(self, ty);
    }
}

impl Named {
    fn add(&mut self, ty: &TypePath) {
        let same = |known: &TypePath| {
            known.path.segments.iter().map(|s| &s.ident).eq(ty
                .path
                .segments
                .iter()
                .map(|s| &s.ident))
        };
        if !self.found.iter().any(same) {
            self.found.push(ty.clone());
        }
    }
}
