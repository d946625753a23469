using System.Net;
using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Server.Neutral;

namespace Switchyard.Server.Tests;

/// <summary>Settings looked at before they are sent, and logs looked through for the first error.</summary>
public sealed class CheckTests
{
    private const string Path = "/api/yard/v1/settings/check";

    [Fact]
    public async Task What_a_create_call_would_refuse_is_said_and_nothing_is_made()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        foreach (var (dialect, kind, settings, field) in new (string, string, string, string?)[]
        {
            ("yard", "job", """{"name":"x","tasks":[{"key":"a","command":["/bin/true"]}]}""", ""),
            ("yard", "job", """{"tasks":[]}""", "tasks"), ("yard", "job", """{"tasks":[{"key":"a","command":["x"]}],"extra":1}""", "extra"),
            ("yard", "run", """{"tasks":[{"key":"a","command":["x"]}],"schedule":{"cron":"0 0 12 * * ?","zone":"UTC"}}""", "schedule"),
            ("databricks", "job", """{"name":"x","tasks":[{"task_key":"s","spark_python_task":{"python_file":"/tmp/x.py"}}]}""", ""),
            ("databricks", "run", """{"run_name":"x","tasks":[{"task_key":"s","spark_python_task":{"python_file":"/tmp/x.py"}}]}""", ""),
            ("databricks", "job", """{"name":7}""", "name"),
            ("databricks", "job", """{"name":"x","tasks":[{"task_key":"s","depends_on":[{"task_key":"t"}],"spark_python_task":{"python_file":"/tmp/x.py"}}]}""", null),
        })
        {
            var problems = (await TestServer.Post(alice, Path, $$"""{"dialect":"{{dialect}}","kind":"{{kind}}","settings":{{settings}}}"""))["problems"]!.AsArray();
            if (field is "")
                Assert.Empty(problems);
            else
                Assert.NotEmpty(Assert.Single(problems)!["message"]!.GetValue<string>());
            if (field is { Length: > 0 })
                Assert.Equal(field, problems[0]!["field"]!.GetValue<string>());
        }

        Assert.Empty((await TestServer.Get(alice, "/api/yard/v1/jobs"))["jobs"]!.AsArray());
        Assert.Empty((await TestServer.Get(alice, "/api/yard/v1/runs"))["runs"]!.AsArray());
        foreach (var bad in new[] { "{}", """{"dialect":"none","settings":{}}""", """{"dialect":"yard","settings":[]}""", """{"dialect":"yard"}""", """{"dialect":"yard","kind":"x","settings":{}}""", "7" })
        {
            using var refused = await TestServer.Send(alice, "POST", Path, bad);
            Assert.True(refused.StatusCode == HttpStatusCode.BadRequest, bad);
        }
    }

    [Theory]
    [InlineData("fine\nTraceback (most recent call last):\n  File x\nValueError: no\n", 1, "Traceback (most recent call last):")]
    [InlineData("Errors: 0\nno ErrorHandler\n\u001b[31mERROR\u001b[0m bad\r\nlast", 2, "\u001b[31mERROR\u001b[0m bad")]
    [InlineData("java.lang.IllegalStateException: x", 0, "java.lang.IllegalStateException: x")]
    [InlineData("panic: all\n", 0, "panic: all")]
    [InlineData("sh: 1: nothing: command not found", 0, "sh: 1: nothing: command not found")]
    [InlineData("all is well\nterrors and Exceptional things\n", -1, "")]
    [InlineData("", -1, "")]
    public void The_first_line_that_looks_like_an_error_is_found(string log, int line, string text) => Expect(log, line, text);

    [Fact]
    public void It_is_found_far_inside_and_across_the_pieces_in_which_a_log_is_read()
    {
        var lines = string.Concat(Enumerable.Range(0, 20_000).Select(n => $"line {n} of nothing in particular, with an ä in it\n"));
        foreach (var shift in Enumerable.Range(0, 12))
            Expect(new string('x', (1 << 20) - 8 - shift) + " Traceback (most recent call last)\nmore", 0, null);
        Expect(lines + lines + lines + "KeyError: 'x'\n" + lines + "Error: later\n", 60_000, "KeyError: 'x'");
        Expect(new string('y', 3 << 20) + " Error: at the end of a long line", 0, null);
        Expect(lines, -1, "");
    }

    [Fact]
    public async Task A_log_without_an_error_has_none_and_others_logs_read_as_missing()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var run = await TestServer.EndedRun(alice);
        var attempt = (await TestServer.Get(alice, $"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"];
        foreach (var client in new[] { alice, bob })
        {
            using var answer = await client.GetAsync($"/api/yard/v1/attempts/{attempt}/log/first-error");
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal(client == alice, (await answer.Content.ReadAsStringAsync()).Contains("looks like", StringComparison.Ordinal));
        }

        using var files = await alice.GetAsync($"/api/yard/v1/runs/{run}/files/");
        Assert.Contains("no files of its own", await files.Content.ReadAsStringAsync());
        using var compared = await alice.GetAsync($"/api/yard/v1/compare/files?a={run}&b={run}");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (files.StatusCode, compared.StatusCode));
        using var half = await alice.GetAsync($"/api/yard/v1/compare/files?a={run}");
        Assert.Equal(HttpStatusCode.BadRequest, half.StatusCode);
    }

    private static void Expect(string log, int line, string? text)
    {
        var hit = ErrorLines.First(new OneLog(log), 1, CancellationToken.None);
        Assert.Equal(line, hit?.Line ?? -1);
        if (text is { Length: > 0 })
            Assert.Equal(text, hit!.Text);
    }

    /// <summary>A log in memory.</summary>
    private sealed class OneLog(string text) : IAttemptLogs
    {
        private readonly byte[] _bytes = Encoding.UTF8.GetBytes(text);

        public LogInfo Info(long attemptId) => new(_bytes.Length, 0, 0, true);

        public LogSlice Read(long attemptId, long offset, int maximum)
        {
            var length = (int)Math.Min(maximum, _bytes.Length - offset);
            return new(offset, offset + length, _bytes.AsMemory((int)offset, length));
        }

        public IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop) =>
            [.. Encoding.UTF8.GetString(_bytes).Split('\n').Index().Where(line => line.Item.Contains(text, StringComparison.Ordinal)).Take(maximumHits).Select(line => new LogHit(line.Index, 0, line.Item.TrimEnd('\r')))];

        public LogSlice Tail(long attemptId, int lines, int maximumBytes) => throw new NotSupportedException();

        public LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes) => throw new NotSupportedException();

        public IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, CancellationToken stop) => throw new NotSupportedException();
    }
}
