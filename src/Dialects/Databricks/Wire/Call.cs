using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Wire;

/// <summary>One request, read and fitted: its version, who calls, and the arguments from query and body together.</summary>
internal sealed record Call(HttpContext Http, ApiVersion Version, JsonObject Args, CancellationToken Stop)
{
    public Caller Caller { get; } = Http.Caller();

    /// <summary>The part of long arrays that the answer shows.</summary>
    public Window Window { get; init; } = Window.All;

    /// <summary>The address under which the client reached us.</summary>
    public string Host => $"{Http.Request.Scheme}://{Http.Request.Host}";
}

/// <summary>An answer: a JSON object, other content, or a problem.</summary>
internal readonly struct Reply
{
    private Reply(JsonObject? body, Problem? problem, byte[]? raw) => (Body, Problem, Raw) = (body, problem, raw);

    public JsonObject? Body { get; }
    public Problem? Problem { get; }

    /// <summary>A file's bytes, for downloads.</summary>
    public byte[]? Raw { get; }

    /// <summary>What success without content is: clients parse every body.</summary>
    public static Reply Empty => new([], null, null);

    public static Reply Bytes(byte[] raw) => new(null, null, raw);

    public static implicit operator Reply(JsonObject body) => new(body, null, null);

    public static implicit operator Reply(Problem problem) => new(null, problem, null);
}

/// <summary>A value, or the problem why there is none.</summary>
internal readonly struct Outcome<T>
{
    private Outcome(T? value, Problem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }
    public Problem? Problem { get; }

    public bool Ok([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out T? value, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Problem? problem)
    {
        (value, problem) = (Value, Problem);
        return Problem is null;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Problem problem) => new(default, problem);
}
