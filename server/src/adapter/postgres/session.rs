//! One conversation with a server: log in, run statements, load rows.
//!
//! Statements go by the simple-query protocol, as psycopg2 sends them for dbt: any number of them in one text, one
//! implicit transaction around them, and for each the server's command tag.

use std::io::{self, Read, Write};

use bytes::{Bytes, BytesMut};
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message, RowDescriptionBody};
use postgres_protocol::message::frontend::{self, CopyData};

use super::failure::{Failure, ServerError};
use super::stream::Stream;

/// Bytes read from the server at a time, and collected before they are sent to it.
const CHUNK: usize = 64 * 1024;

/// What a cancel request must know.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Key {
    pub(super) process: i32,
    pub(super) secret: i32,
}

/// A column of a result, as the server describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: u32,
    /// Length or precision; -1 for none.
    pub(super) modifier: i32,
}

/// What the last statement of a text answered.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The command tag, such as `SELECT 42`; `None` where there was nothing to run.
    pub(super) tag: Option<String>,
    pub(super) fields: Vec<Field>,
    /// Rows of texts, empty unless they were asked for.
    pub(super) rows: Vec<DataRow>,
}

/// A row: `None` is NULL.
pub(super) type DataRow = Vec<Option<Bytes>>;

/// A logged-in connection.
pub(super) struct Session {
    stream: Stream,
    incoming: BytesMut,
    pub(super) key: Key,
    /// `I` outside of a transaction, `T` in one, `E` in one that failed.
    status: u8,
}

impl Session {
    /// A session whose log-in has yet to happen.
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            incoming: BytesMut::with_capacity(CHUNK),
            key: Key::default(),
            status: b'I',
        }
    }

    /// Takes note of what ends a log-in.
    pub(super) fn ready(&mut self, key: Key) -> io::Result<()> {
        self.key = key;
        self.stream.set_timeout(None)
    }

    pub(super) fn in_transaction(&self) -> bool {
        self.status != b'I'
    }

    pub(super) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.stream.write_all(message)?;
        self.stream.flush()
    }

    /// The next message that is not about something else.
    pub(super) fn receive(&mut self) -> io::Result<Message> {
        loop {
            match Message::parse(&mut self.incoming)? {
                Some(
                    Message::NoticeResponse(_)
                    | Message::ParameterStatus(_)
                    | Message::NotificationResponse(_),
                ) => {}
                Some(message) => return Ok(message),
                None => self.fill()?,
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let filled = self.incoming.len();
        self.incoming.resize(filled + CHUNK, 0);
        let count = loop {
            match self.stream.read(&mut self.incoming[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.incoming.truncate(filled + *count.as_ref().unwrap_or(&0));
        if count? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Runs all statements of `sql`. Of the last one's rows, the first `keep` are in the answer.
    pub(super) fn run(&mut self, sql: &str, keep: usize) -> Result<Answer, Failure> {
        let mut message = BytesMut::new();
        if let Err(error) = frontend::query(sql, &mut message) {
            // Nothing was sent: the text holds a NUL character.
            return Err(Failure::Refused(Box::new(ServerError::of(error.to_string()))));
        }
        self.send(&message)?;
        let mut answer = Answer::default();
        let mut described = false;
        self.until_ready(|session, message| {
            match message {
                Message::RowDescription(body) => {
                    answer = Answer {
                        fields: fields(&body)?,
                        ..Answer::default()
                    };
                    described = true;
                }
                Message::DataRow(body) => {
                    if answer.rows.len() < keep {
                        answer.rows.push(cells(&body)?);
                    }
                }
                Message::CommandComplete(body) => {
                    if !std::mem::take(&mut described) {
                        answer = Answer::default();
                    }
                    answer.tag = Some(body.tag()?.to_owned());
                }
                Message::CopyInResponse(_) => {
                    let mut refusal = BytesMut::new();
                    frontend::copy_fail("there are no rows to copy from here", &mut refusal)?;
                    session.send(&refusal)?;
                }
                // Rows of COPY TO STDOUT have nowhere to go.
                _ => {}
            }
            Ok(())
        })?;
        Ok(answer)
    }

    /// Runs one COPY FROM STDIN with `chunks` as its input.
    pub(super) fn copy_in(
        &mut self,
        sql: &str,
        chunks: impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), Failure> {
        let mut message = BytesMut::new();
        frontend::query(sql, &mut message)?;
        self.send(&message)?;
        let mut chunks = Some(chunks);
        self.until_ready(|session, message| {
            if let (Message::CopyInResponse(_), Some(chunks)) = (message, chunks.take()) {
                session.send_copy(chunks)?;
            }
            Ok(())
        })
    }

    fn send_copy(&mut self, chunks: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
        let mut message = BytesMut::new();
        for chunk in chunks {
            CopyData::new(Bytes::from(chunk))?.write(&mut message);
            if message.len() >= CHUNK {
                self.stream.write_all(&message)?;
                message.clear();
            }
        }
        frontend::copy_done(&mut message);
        self.send(&message)
    }

    /// Hands messages to `take` until the server waits for the next statement. Its first error is the answer.
    fn until_ready(
        &mut self,
        mut take: impl FnMut(&mut Self, Message) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut refusal: Option<Box<ServerError>> = None;
        loop {
            match self.receive() {
                Ok(Message::ReadyForQuery(body)) => {
                    self.status = body.status();
                    return refusal.map_or(Ok(()), |error| Err(Failure::Refused(error)));
                }
                Ok(Message::ErrorResponse(body)) => {
                    let error = Box::new(ServerError::read(&body)?);
                    if error.fatal {
                        return Err(Failure::Lost(error.message));
                    }
                    refusal.get_or_insert(error);
                }
                Ok(message) => take(self, message)?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let mut message = BytesMut::new();
        frontend::terminate(&mut message);
        // The server notices a closed socket as well; this spares its log a complaint.
        let _ = self.send(&message);
    }
}

fn fields(body: &RowDescriptionBody) -> io::Result<Vec<Field>> {
    body.fields()
        .map(|field| {
            Ok(Field {
                name: field.name().to_owned(),
                kind: field.type_oid(),
                modifier: field.type_modifier(),
            })
        })
        .collect()
}

fn cells(body: &DataRowBody) -> io::Result<DataRow> {
    let bytes = body.buffer_bytes();
    body.ranges()
        .map(|range| Ok(range.map(|range| bytes.slice(range))))
        .collect()
}
