using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Wire;

/// <summary>A call on its way to its handler.</summary>
internal sealed record Call(HttpContext Http)
{
    /// <summary>Bytes a body may have: a job of some ten thousand explicit parameter sets.</summary>
    private const int MaxBody = 16 * 1024 * 1024;

    public Caller Caller => Http.Caller();

    public CancellationToken Stop => Http.RequestAborted;

    /// <summary>A part of the path.</summary>
    public string Path(string name) => Http.Request.RouteValues[name] as string ?? "";

    /// <summary>A member of the query, or null.</summary>
    public string? Query(string name) => Http.Request.Query[name] is [.., { Length: > 0 } last] ? last : null;

    /// <summary>All values of a repeated member of the query; clients also write them in one, with commas.</summary>
    public IReadOnlyList<string> List(string name) =>
        [.. Http.Request.Query[name].Concat(Http.Request.Query[name + "[]"]).SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    /// <summary>The body as an object, an empty one where there is none, or what is wrong with it.</summary>
    public async Task<Result<JsonObject>> Body()
    {
        var read = await JsonBody.Read(Http, MaxBody, Stop);
        return read.Fault switch
        {
            null => read.Body!,
            BodyFault.TooLarge => new Refusal(RefusalCode.Exhausted, $"The request body is larger than {MaxBody} bytes."),
            BodyFault.NotAnObject => new Refusal(RefusalCode.Invalid, "The request body must be a JSON object."),
            _ => new Refusal(RefusalCode.Invalid, $"The request body is not valid JSON: {read.Detail}"),
        };
    }

    /// <summary>The body as a form; empty when it is none.</summary>
    public async Task<IFormCollection> Form()
    {
        try
        {
            return Http.Request.HasFormContentType ? await Http.Request.ReadFormAsync(Stop) : FormCollection.Empty;
        }
        catch (InvalidDataException malformed)
        {
            throw new BadHttpRequestException($"The form cannot be read: {malformed.Message}");
        }
    }
}
