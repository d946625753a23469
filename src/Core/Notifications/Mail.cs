using System.Net.Mail;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Core.Runs;

namespace Switchyard.Core.Notifications;

/// <summary>A mail as it is kept until it is sent.</summary>
public sealed record Mail(string Subject, string Text, IReadOnlyList<MailFile> Files)
{
    private const int LongestSubject = 200;
    private const int LongestAddress = 254;

    /// <summary>A mail about a run: its facts, one a line.</summary>
    /// <param name="word">What happened to it, for people.</param>
    /// <param name="facts">What its API adds; those without a value are left out.</param>
    /// <param name="files">What is attached.</param>
    public static Mail About(RunRow run, string word, IEnumerable<(string Name, string? Value)> facts, IReadOnlyList<MailFile> files)
    {
        var text = new StringBuilder($"{run.Name}: {word}\n\n");
        (string Name, string? Value)[] all =
        [
            ("Run", FormattableString.Invariant($"{run.Id} (number {run.NumberInJob} of its job)")),
            ("Owner", run.OwnerName),
            ("Reason", run.Reason.Text),
            ("Exit code", run.ExitCode is { } code ? FormattableString.Invariant($"{code}") : null),
            ("Started", Time(run.StartedAt)),
            ("Ended", Time(run.EndedAt)),
            .. facts,
        ];
        foreach (var (name, value) in all)
        {
            if (!string.IsNullOrEmpty(value))
                text.Append(name).Append(": ").Append(value).Append('\n');
        }

        return new($"{run.Name}: {word}", text.ToString(), files);
    }

    /// <summary>Whether a text is a mail address, and nothing beside it.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= LongestAddress && text.All(c => c is > ' ' and < '\x7f') && MailAddress.TryCreate(text, out var address) && address.Address == text;

    /// <summary>The subject on one line.</summary>
    public string SubjectLine
    {
        get
        {
            var line = new string([.. Subject.Select(c => char.IsControl(c) ? ' ' : c)]);
            return line.Length <= LongestSubject ? line : line[..LongestSubject] + "...";
        }
    }

    /// <summary>As bytes, for <see cref="Notice.Body"/>.</summary>
    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, MailJson.Default.Mail);

    /// <summary>From the bytes that <see cref="Write"/> made.</summary>
    public static Mail Read(ReadOnlyMemory<byte> bytes) => JsonSerializer.Deserialize(bytes.Span, MailJson.Default.Mail)!;

    private static string? Time(DateTimeOffset? at) => at is { } time ? FormattableString.Invariant($"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC") : null;
}

/// <summary>A file that goes with a mail.</summary>
public sealed record MailFile(string Name, byte[] Content);

[JsonSerializable(typeof(Mail))]
internal sealed partial class MailJson : JsonSerializerContext;
