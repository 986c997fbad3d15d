//! The grammar. Every token consumes the whitespace that follows it.

use winnow::ascii::{digit1, multispace0};
use winnow::combinator::{alt, cut_err, delimited, eof, opt, preceded, repeat, separated, terminated};
use winnow::error::{ContextError, StrContext, StrContextValue};
use winnow::prelude::*;
use winnow::token::{take_till, take_while};

use super::{ParseError, Query};

/// Reserved words, which end a list of names.
const RESERVED: [&str; 7] = ["SELECT", "FROM", "WHERE", "AND", "ORDER", "LIMIT", "TIMESPAN"];

pub(super) fn parse(text: &str) -> Result<Query, ParseError> {
    terminated(query, eof).parse(text).map_err(|error| {
        let expected = error.inner().context().find_map(|context| match context {
            StrContext::Expected(StrContextValue::Description(expected)) => Some(*expected),
            _ => None,
        });
        ParseError::new(text, error.offset(), expected)
    })
}

fn query(input: &mut &str) -> ModalResult<Query> {
    preceded(multispace0, keyword("SELECT")).context(expected("SELECT")).parse_next(input)?;
    opt(keyword("DISTINCT")).parse_next(input)?;
    let columns = alt((
        token("*").value(vec!["*".to_owned()]),
        separated(1.., cut_err(name.context(expected("the name of a column"))), token(",")),
    ))
    .parse_next(input)?;
    cut_err(keyword("FROM").context(expected("a comma or FROM"))).parse_next(input)?;
    let table = cut_err(name.context(expected("the name of a dataset"))).parse_next(input)?;
    let filters =
        clause(("WHERE", None), separated(1.., cut_err(filter), keyword("AND"))).parse_next(input)?;
    let order =
        clause(("ORDER", Some("BY")), separated(1.., cut_err(order), token(","))).parse_next(input)?;
    let limit =
        opt(preceded(keyword("LIMIT"), cut_err(limit.context(expected("a whole number above zero")))))
            .parse_next(input)?;
    let span = cut_err(word.context(expected("a time span such as LAST_MONTH"))).map(str::to_owned);
    let timespan = opt(preceded(keyword("TIMESPAN"), span)).parse_next(input)?;
    let used = filters.into_iter().chain(order).flatten().collect();
    Ok(Query { columns, table, used, limit, timespan })
}

/// Parses an optional clause: one or two keywords and a list of names.
fn clause<'i>(
    (first, second): (&'static str, Option<&'static str>),
    list: impl ModalParser<&'i str, Vec<String>, ContextError>,
) -> impl ModalParser<&'i str, Option<Vec<String>>, ContextError> {
    let second = move |input: &mut &'i str| match second {
        Some(word) => cut_err(keyword(word).context(expected("BY after ORDER"))).parse_next(input),
        None => Ok(()),
    };
    opt(preceded((keyword(first), second), list))
}

/// Parses a condition, and returns its column.
fn filter(input: &mut &str) -> ModalResult<String> {
    let column = name.context(expected("a condition")).parse_next(input)?;
    let has_list = operator
        .context(expected("an operator: =, !=, >, >=, <, <=, LIKE, NOT LIKE, IN or NOT IN"))
        .parse_next(input)?;
    if has_list {
        let open = token("(").context(expected("values in parentheses"));
        let close = token(")").context(expected("a comma, or the closing parenthesis of values of one type"));
        delimited(open, values, close).parse_next(input)?;
    } else {
        value.parse_next(input)?;
    }
    Ok(column)
}

/// Parses an operator, and returns whether a list of values follows.
fn operator(input: &mut &str) -> ModalResult<bool> {
    let symbols = (token(">="), token("<="), token("!="), token("="), token(">"), token("<"));
    let words = (opt(keyword("NOT")), alt((keyword("LIKE").value(false), keyword("IN").value(true))));
    alt((alt(symbols).value(false), words.map(|(_, has_list)| has_list))).parse_next(input)
}

/// Parses a list of values, which are either all numbers or all texts.
fn values(input: &mut &str) -> ModalResult<()> {
    let item = if opt(number).parse_next(input)?.is_some() {
        number
    } else {
        value.parse_next(input)?;
        text
    };
    repeat(0.., preceded(token(","), item)).parse_next(input)
}

fn value(input: &mut &str) -> ModalResult<()> {
    alt((number, text)).context(expected("a number, or a text in single quotes (')")).parse_next(input)
}

fn number(input: &mut &str) -> ModalResult<()> {
    (opt('-'), digit1, opt(('.', digit1)), multispace0).void().parse_next(input)
}

fn text(input: &mut &str) -> ModalResult<()> {
    ('\'', take_till(0.., '\''), '\'', multispace0).void().parse_next(input)
}

fn order(input: &mut &str) -> ModalResult<String> {
    let column = name.context(expected("the name of a column"));
    terminated(column, opt(alt((keyword("ASC"), keyword("DESC"))))).parse_next(input)
}

fn limit(input: &mut &str) -> ModalResult<u64> {
    word.verify_map(|digits: &str| digits.parse().ok().filter(|limit| *limit > 0)).parse_next(input)
}

/// Parses a name, including the text in parentheses after it, if any.
fn name(input: &mut &str) -> ModalResult<String> {
    let plain = take_while(1.., is_part_of_a_word)
        .verify(|word: &str| !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word)));
    let name = (plain, opt(('(', take_till(0.., ['(', ')']), ')'))).take().map(str::to_owned);
    terminated(name, multispace0).parse_next(input)
}

fn word<'i>(input: &mut &'i str) -> ModalResult<&'i str> {
    terminated(take_while(1.., is_part_of_a_word), multispace0).parse_next(input)
}

fn keyword<'i>(keyword: &'static str) -> impl ModalParser<&'i str, (), ContextError> {
    word.verify(move |word: &str| word.eq_ignore_ascii_case(keyword)).void()
}

fn token<'i>(symbol: &'static str) -> impl ModalParser<&'i str, (), ContextError> {
    (symbol, multispace0).void()
}

fn is_part_of_a_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn expected(description: &'static str) -> StrContext {
    StrContext::Expected(StrContextValue::Description(description))
}
