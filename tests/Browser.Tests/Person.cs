using System.Text.Json.Nodes;
using Switchyard.OpenPai.Tests;

namespace Switchyard.Browser.Tests;

/// <summary>A user, who can also call the APIs: for what a test needs to be there before it looks.</summary>
/// <param name="Token">A token that all APIs take.</param>
public sealed record Person(Yard Yard, string Name, string Password, string Token)
{
    private const string Neutral = "/api/yard/v1/";

    /// <summary>A call of any API; a refusal ends the test.</summary>
    public async Task<JsonNode> Call(string method, string path, string? body = null)
    {
        var answer = await Yard.Send(method, path, body, Token);
        return answer.Status < 300 ? answer.Text.Length > 0 ? answer.Json : new JsonObject() : throw new InvalidOperationException($"{method} {path}: {answer.Status}: {answer.Text}");
    }

    public Task<JsonNode> Get(string path) => Call("GET", Neutral + path);

    public Task<JsonNode> Post(string path, string body = "{}") => Call("POST", Neutral + path, body);

    /// <summary>A neutral job whose one task runs a shell script; with more members (<c>, "parameters": {...}</c>).</summary>
    public async Task<long> Job(string name, string script = "true", string more = "") =>
        (await Post("jobs", $$"""{"name":{{JsonValue.Create(name).ToJsonString()}},"tasks":[{"key":"main","command":["/bin/sh","-c",{{JsonValue.Create(script).ToJsonString()}}]}]{{more}}}"""))["id"]!.GetValue<long>();

    /// <summary>A run of a neutral job.</summary>
    public async Task<long> Run(long job, string body = "{}") => (await Post($"jobs/{job}/run", body))["run_id"]!.GetValue<long>();

    /// <summary>Waits until a run has ended; answers its state.</summary>
    public async Task<string> Ended(long run)
    {
        while (true)
        {
            var now = await Get($"runs/{run}/wait?seconds=60");
            if (now["ended_at"] is not null)
                return now["state"]!.GetValue<string>();
        }
    }
}
