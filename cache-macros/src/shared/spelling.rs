//! The text of a type that stays the same when only its spelling changes.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, Path, Type, TypePath, TypeReference,
    TypeTuple,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use super::{tokens::written, types::peel};

/// Writes `ty` without what does not tell it from another type: the modules before its name,
/// lifetimes, parentheses, and commas at the end.
pub(crate) fn of_type(ty: &Type) -> String {
    let mut ty = ty.clone();
    Respell.visit_type_mut(&mut ty);
    written(ty)
}

struct Respell;

impl VisitMut for Respell {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        *ty = peel(ty).clone();
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let Some(qself) = &mut ty.qself else { return self.visit_path_mut(&mut ty.path) };
        self.visit_type_mut(&mut qself.ty);
        // `<T as path::Trait>::Item`: the trait is the last segment before this position.
        let modules = modules(&ty.path).min(qself.position.saturating_sub(1));
        // Without a trait, the colons belong to the path: `<T>::Item`.
        let colons = ty.path.leading_colon.filter(|_| qself.position == 0);
        qself.position -= modules;
        self.shorten(&mut ty.path, modules);
        ty.path.leading_colon = colons;
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        let modules = modules(path);
        self.shorten(path, modules);
    }

    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        ty.lifetime = None;
        visit_mut::visit_type_reference_mut(self, ty);
    }

    fn visit_type_tuple_mut(&mut self, ty: &mut TypeTuple) {
        visit_mut::visit_type_tuple_mut(self, ty);
        if ty.elems.len() > 1 {
            ty.elems.pop_punct();
        }
    }

    fn visit_angle_bracketed_generic_arguments_mut(
        &mut self,
        arguments: &mut AngleBracketedGenericArguments,
    ) {
        visit_mut::visit_angle_bracketed_generic_arguments_mut(self, arguments);
        arguments.colon2_token = None;
        let kept = std::mem::take(&mut arguments.args).into_iter();
        let kept = kept.filter(|argument| !matches!(argument, GenericArgument::Lifetime(_)));
        arguments.args = kept.collect();
    }
}

impl Respell {
    fn shorten(&mut self, path: &mut Path, modules: usize) {
        path.leading_colon = None;
        let segments = std::mem::take(&mut path.segments).into_iter().skip(modules);
        path.segments = segments.collect::<Punctuated<_, _>>();
        visit_mut::visit_path_mut(self, path);
    }
}

/// Counts the segments before the type's name. A segment in capitals is a type itself, whose item
/// the path names: `Self::Id`.
fn modules(path: &Path) -> usize {
    let segments = path.segments.len();
    let is_type = |name: String| name.trim_start_matches("r#").starts_with(char::is_uppercase);
    let first_type = path.segments.iter().position(|segment| is_type(segment.ident.to_string()));
    first_type.unwrap_or(segments.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn alike(spellings: &[&str], expected: &str) {
        for spelling in spellings {
            let ty: Type = syn::parse_str(spelling).unwrap();
            assert_eq!(of_type(&ty), expected, "{spelling}");
        }
    }

    #[test]
    fn the_modules_before_a_type_do_not_count() {
        alike(&["u64", "core::primitive::u64", "::std::primitive::u64", "(u64)"], "u64");
        alike(
            &[
                "Option<User>",
                "std::option::Option<crate::db::User>",
                "core::option::Option::<User>",
            ],
            "Option<User>",
        );
        alike(
            &["Result<Vec<Id>, Error>", "std::result::Result<std::vec::Vec<a::Id>, b::Error,>"],
            "Result<Vec<Id>,Error>",
        );
        alike(&["dyn Fn(&str) -> Id", "dyn std::ops::Fn(&str) -> a::Id"], "dynFn(&str)->Id");
        alike(&["[u8; LEN]", "[::core::primitive::u8; crate::LEN]"], "[u8;LEN]");
    }

    #[test]
    fn lifetimes_and_commas_at_the_end_do_not_count() {
        alike(&["&str", "&'a str", "&'static core::primitive::str"], "&str");
        alike(&["Cow<str>", "Cow<'_, str>", "std::borrow::Cow<'a, str>"], "Cow<str>");
        alike(&["(u64, &str)", "(u64, &'a str,)"], "(u64,&str)");
        alike(&["(u64,)"], "(u64,)");
    }

    #[test]
    fn what_is_another_type_stays_apart() {
        alike(&["&mut u64"], "&mutu64");
        alike(&["Self::Id"], "Self::Id");
        alike(&["T::Id"], "T::Id");
        alike(&["<T as a::Entity>::Id", "<T as Entity>::Id"], "<TasEntity>::Id");
        alike(&["<a::T>::Id"], "<T>::Id");
    }
}
