//! Words that other languages have for Rhai's operators and values, turned into them while a program is parsed; and
//! keywords where they can only be names: as the key of a map and after a dot.

use rhai::{Position, Token};
use std::cell::RefCell;

/// Where the parser of this thread stands: what opened each bracket that is still open, and what came last.
#[derive(Default)]
struct Place {
    /// Whether each open bracket is that of a map, outermost first.
    maps: Vec<bool>,
    last: Last,
    position: Position,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Dot,
    /// A key follows, or the end of the map.
    BeforeKey,
    /// A keyword that is a name here. The tokenizer still takes a sign behind it for one of a number.
    Keyword,
}

thread_local! {
    /// A program is parsed from its first token to its last on one thread, and no other in between.
    static PLACE: RefCell<Place> = RefCell::default();
}

/// Forgets a program whose parsing ended in an error.
pub fn reset() {
    PLACE.with(|place| *place.borrow_mut() = Place::default());
}

/// The token as Rhai has it: `and or not None True False null nil undefined` are operators and values, except where only a
/// name can stand.
pub fn as_rhai(token: Token, position: Position) -> Token {
    PLACE.with(|place| place.borrow_mut().read(token, position))
}

impl Place {
    fn read(&mut self, token: Token, position: Position) -> Token {
        // Whoever reads backwards has begun another program: the one before may have ended in an error.
        if position <= self.position {
            *self = Self::default();
        }
        self.position = position;
        let is_keyword = token.is_standard_keyword();
        let token = match (self.last, token) {
            (Last::Dot, token) => named(token, false),
            (Last::BeforeKey, token) => named(token, true),
            (Last::Keyword, Token::UnaryPlus) => Token::Plus,
            (Last::Keyword, Token::UnaryMinus) => Token::Minus,
            (Last::Other | Last::Keyword, token) => meant(token),
        };
        self.step(&token);
        if is_keyword && matches!(token, Token::Identifier(_)) {
            self.last = Last::Keyword;
        }
        token
    }

    fn step(&mut self, token: &Token) {
        self.last = Last::Other;
        match token {
            Token::MapStart => {
                self.maps.push(true);
                self.last = Last::BeforeKey;
            }
            Token::LeftBrace | Token::LeftParen | Token::LeftBracket | Token::QuestionBracket => self.maps.push(false),
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                self.maps.pop();
            }
            Token::Comma if self.maps.last() == Some(&true) => self.last = Last::BeforeKey,
            Token::Period | Token::Elvis => self.last = Last::Dot,
            _ => {}
        }
    }
}

/// What a word means where a value or an operator can stand.
fn meant(token: Token) -> Token {
    let word = match &token {
        Token::Identifier(name) | Token::Reserved(name) => name.as_str(),
        _ => return token,
    };
    match word {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Bang,
        "True" => Token::True,
        "False" => Token::False,
        "None" | "null" | "nil" | "undefined" => Token::Unit,
        _ => token,
    }
}

/// A word where only a name can stand. After a dot some reserved words are methods, which stay as they are.
fn named(token: Token, is_key: bool) -> Token {
    const METHODS: &[&str] = &["call", "curry", "is_shared", "type_of"];
    match token {
        Token::Reserved(word) if !is_word(&word) || !is_key && METHODS.contains(&word.as_str()) => {
            Token::Reserved(word)
        }
        Token::Reserved(word) => Token::Identifier(word),
        keyword if keyword.is_standard_keyword() => Token::Identifier(Box::new(keyword.literal_syntax().into())),
        other => other,
    }
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
