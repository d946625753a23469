using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Tests;

/// <summary>Logs as files: written directly, read back through the port.</summary>
public sealed class Logs : IDisposable
{
    private static readonly LogCaps Small = new(ChunkBytes: 4096, HeadChunks: 3, TailChunks: 3);
    private readonly NodeFiles _files = new(Directory.CreateTempSubdirectory("yard-test-").FullName);

    public void Dispose() => Directory.Delete(_files.Root, recursive: true);

    [Fact]
    public void A_short_log_is_read_back_whole_and_in_pieces()
    {
        var text = Write(Lines(0, 500), new(ChunkBytes: 1024, HeadChunks: 100, TailChunks: 100));
        var logs = new AttemptLogs(_files);
        Assert.Equal(new(text.Length, 500, 0, true), logs.Info(1));
        Assert.Equal(text, Text(logs.Read(1, 0, int.MaxValue)));
        var pieces = new StringBuilder();
        for (long at = 0; logs.Read(1, at, 777) is { Bytes.Length: > 0 } slice; at = slice.Next) pieces.Append(Text(slice));
        Assert.Equal(text, pieces.ToString());
        Assert.True(Directory.GetFiles(_files.LogDirectory(1)).Length > 5);
    }

    [Theory, InlineData(0, 3), InlineData(250, 2), InlineData(499, 5), InlineData(300, 100)]
    public void Lines_are_found_by_number(int first, int count)
    {
        Write(Lines(0, 500), new(ChunkBytes: 1024, HeadChunks: 100, TailChunks: 100));
        var slice = new AttemptLogs(_files).ReadLines(1, first, count, 1_000_000);
        Assert.Equal(Lines(first, Math.Min(count, 500 - first)), Text(slice));
        Assert.Equal(first, slice.FirstLine);
    }

    [Fact]
    public void A_line_beyond_the_end_is_empty() =>
        Assert.Equal(0, (Write(Lines(0, 5), Small), new AttemptLogs(_files).ReadLines(1, 10, 1, 100)).Item2.Bytes.Length);

    [Theory, InlineData(1), InlineData(7), InlineData(100), InlineData(1000)]
    public void The_tail_is_the_last_lines(int count)
    {
        Write(Lines(0, 500), new(ChunkBytes: 1024, HeadChunks: 100, TailChunks: 100));
        var slice = new AttemptLogs(_files).Tail(1, count, 1_000_000);
        var kept = Math.Min(count, 500);
        Assert.Equal(Lines(500 - kept, kept), Text(slice));
        Assert.Equal(500 - kept, slice.FirstLine);
    }

    [Fact]
    public void The_tail_ends_with_a_line_that_has_no_end_yet()
    {
        Write("one\ntwo\nthr", Small);
        Assert.Equal("two\nthr", Text(new AttemptLogs(_files).Tail(1, 2, 100)));
        Assert.Equal(new(11, 3, 0, true), new AttemptLogs(_files).Info(1));
    }

    [Fact]
    public void A_tail_of_few_bytes_is_the_last_of_them()
    {
        Write("0123456789", Small);
        Assert.Equal("789", Text(new AttemptLogs(_files).Tail(1, 5, 3)));
    }

    [Fact]
    public void The_middle_of_a_long_log_is_dropped_and_said()
    {
        var text = Write(Lines(0, 10_000), Small);
        var logs = new AttemptLogs(_files);
        var info = logs.Info(1);
        Assert.Equal((text.Length, 10_000), (info.Bytes, info.Lines));
        Assert.InRange(info.Bytes - info.DroppedBytes, 6 * 3900, 7 * 4096);
        Assert.InRange(Directory.GetFiles(_files.LogDirectory(1)).Length, 7, 8);

        var read = new StringBuilder();
        for (long at = 0; logs.Read(1, at, 5000) is { Bytes.Length: > 0 } slice; at = slice.Next) read.Append(Text(slice));
        Assert.StartsWith(Lines(0, 100), read.ToString(), StringComparison.Ordinal);
        Assert.EndsWith(Lines(9_900, 100), read.ToString(), StringComparison.Ordinal);
        Assert.Contains($"[switchyard: {info.DroppedBytes} bytes are not kept here", read.ToString(), StringComparison.Ordinal);
        Assert.Equal(Lines(9_990, 10), Text(logs.Tail(1, 10, 1000)));
        Assert.Equal(Lines(9_950, 3), Text(logs.ReadLines(1, 9_950, 3, 1000)));
        Assert.Equal([9_999L], logs.Search(1, "line 9999.", false, 0, 10, default).Select(h => h.Line));
        Assert.Contains("not kept", Text(logs.ReadLines(1, 5000, 1, 1000)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_is_found_with_its_line_and_offset()
    {
        var text = Write("alpha\nBeta one\ngamma\nbeta two\r\nü Straße\n", Small);
        var logs = new AttemptLogs(_files);
        Assert.Equal([new LogHit(3, text.IndexOf("beta", StringComparison.Ordinal), "beta two")], logs.Search(1, "beta", false, 0, 10, default));
        Assert.Equal([1L, 3L], logs.Search(1, "BETA", true, 0, 10, default).Select(h => h.Line));
        Assert.Equal([3L], logs.Search(1, "beta", true, 2, 10, default).Select(h => h.Line));
        Assert.Equal([1L], logs.Search(1, "beta", true, 0, 1, default).Select(h => h.Line));
        Assert.Equal([4L], logs.Search(1, "Straße", false, 0, 9, default).Select(h => h.Line));
        Assert.Empty(logs.Search(1, "delta", false, 0, 10, default));
    }

    [Fact]
    public void A_line_longer_than_any_buffer_is_read_and_searched()
    {
        var line = new string('x', 600_000);
        Write($"first\nneedle {line}\nneedle last\n", new(ChunkBytes: 64 * 1024, HeadChunks: 100, TailChunks: 100));
        var logs = new AttemptLogs(_files);
        Assert.Equal([1L, 2L], logs.Search(1, "needle", false, 0, 10, default).Select(h => h.Line));
        Assert.Equal("needle last\n", Text(logs.ReadLines(1, 2, 1, 100)));
    }

    [Fact]
    public void A_log_that_nobody_wrote_is_empty()
    {
        var logs = new AttemptLogs(_files);
        Assert.Equal(new(0, 0, 0, true), logs.Info(9));
        Assert.Equal(0, logs.Read(9, 0, 100).Bytes.Length);
        Assert.Equal(0, logs.Tail(9, 10, 100).Bytes.Length);
        Assert.Empty(logs.Search(9, "x", false, 0, 10, default));
    }

    [Fact]
    public void What_is_past_its_time_is_removed()
    {
        Write("x\n", Small);
        _files.Remove([1, 2]);
        Assert.False(Directory.Exists(_files.LogDirectory(1)));
        Assert.Empty(Directory.GetDirectories(Path.Combine(_files.Root, "logs")));
    }

    [Theory]
    [InlineData("abc|def secret ghi", "secret", "abcdef [REDACTED] ghi")]
    [InlineData("se|cr|et", "secret", "[REDACTED]")]
    [InlineData("sese|cret", "secret", "se[REDACTED]")]
    [InlineData("sec|ond", "secret", "second")]
    [InlineData("aa|a", "aa", "[REDACTED]a")]
    [InlineData("pass|word1", "pass,password1", "[REDACTED]")]
    [InlineData("pass|wor", "pass,password1", "[REDACTED]wor")]
    [InlineData("xabcd", "bcd,abcd", "x[REDACTED]")]
    [InlineData("two\nli|nes", "two\nlines", "[REDACTED]")]
    public void A_secret_is_masked_wherever_it_is_cut(string pieces, string secrets, string shown)
    {
        var mask = SecretMask.For(secrets.Split(','))!;
        var seen = new StringBuilder();
        foreach (var piece in pieces.Split('|')) seen.Append(Encoding.UTF8.GetString(mask.Pass(Encoding.UTF8.GetBytes(piece), end: false)));
        seen.Append(Encoding.UTF8.GetString(mask.Pass([], end: true)));
        Assert.Equal(shown, seen.ToString());
    }

    [Fact]
    public void Every_way_to_cut_a_text_is_masked_alike()
    {
        const string text = "key=hunter2 hunthunter2hunter22 hun";
        for (var a = 0; a <= text.Length; a++)
        {
            for (var b = a; b <= text.Length; b++)
            {
                var mask = SecretMask.For(["hunter2", "hunter22"])!;
                var seen = string.Concat(new[] { text[..a], text[a..b], text[b..] }.Select(p => Encoding.UTF8.GetString(mask.Pass(Encoding.UTF8.GetBytes(p), end: false))))
                    + Encoding.UTF8.GetString(mask.Pass([], end: true));
                Assert.Equal("key=[REDACTED] hunt[REDACTED][REDACTED] hun", seen);
            }
        }
    }

    private string Write(string text, LogCaps caps)
    {
        var writer = new LogWriter(_files.LogDirectory(1), caps);
        var bytes = Encoding.UTF8.GetBytes(text);
        for (var at = 0; at < bytes.Length; at += 1500) writer.Append(bytes.AsSpan(at, Math.Min(1500, bytes.Length - at)));
        writer.Finish();
        Assert.Null(writer.Trouble);
        return text;
    }

    private static string Lines(int first, int count) => string.Concat(Enumerable.Range(first, count).Select(i => $"line {i}.\n"));

    private static string Text(LogSlice slice) => Encoding.UTF8.GetString(slice.Bytes.Span);
}
