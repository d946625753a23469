using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Wire;

/// <summary>A call on its way to its handler.</summary>
/// <param name="Sent">The body exactly as it was sent.</param>
/// <param name="Args">The body as it is taken: texts became numbers where numbers are wanted.</param>
internal sealed record Call(HttpContext Http, JsonObject Sent, JsonObject Args, CancellationToken Stop)
{
    /// <summary>Who calls; only where a credential is demanded.</summary>
    public Caller Caller => Http.Caller();

    /// <summary>A part of the path.</summary>
    public string Path(string name) => Http.Request.RouteValues[name] as string ?? "";

    /// <summary>A member of the query, or null.</summary>
    public string? Query(string name) => Http.Request.Query[name] is [.., { Length: > 0 } last] ? last : null;

    public string? Text(string name) => Args[name]?.GetValue<string>();

    public long? Whole(string name) => Args[name]?.GetValue<long>();

    public bool? Flag(string name) => Args[name]?.GetValue<bool>();

    /// <summary>Where this server is, as the caller sees it.</summary>
    public string Origin => $"{Http.Request.Scheme}://{Http.Request.Host}";
}
