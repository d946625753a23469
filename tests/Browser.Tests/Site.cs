using Microsoft.Playwright;
using Switchyard.OpenPai.Tests;

[assembly: AssemblyFixture(typeof(Switchyard.Browser.Tests.Site))]

namespace Switchyard.Browser.Tests;

/// <summary>
/// The program with the web app that was built, and a real browser: one of each for all tests. Tests make users and things of their
/// own; one that ends the server, or changes it for everybody, starts another (<see cref="Other"/>).
/// </summary>
public sealed class Site : IAsyncLifetime
{
    private const string Chromium = "/usr/bin/chromium";
    private static int _people;

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private Yard? _yard;

    /// <summary>The sources' folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Why there is nothing to test with, or null.</summary>
    private static string? Missing { get; } =
        !File.Exists(Chromium) ? "Chromium is not installed: apt-get install chromium"
        : !File.Exists(Path.Join(Dist, "index.html")) ? "the web app is not built: (cd ui && npm ci && npm run build), with Node.js 20 or later"
        : null;

    private static string Dist => Path.Join(Root, "ui", "dist");

    /// <summary>The server of all tests; a test that asks for it where there is no browser is skipped.</summary>
    public Yard Yard
    {
        get
        {
            Assert.SkipWhen(Missing is not null, Missing ?? "");
            return _yard!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        if (Missing is not null)
            return;
        Assertions.SetDefaultExpectTimeout(120_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        _yard = await Other();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_yard is not null)
            await _yard.DisposeAsync();
    }

    /// <summary>A server of the test's own.</summary>
    public static Task<Yard> Other(params (string Name, string Value)[] settings)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        return Yard.Start([("WEB_DIR", Dist), .. settings]);
    }

    /// <summary>A new user, with a name that no other test has.</summary>
    public async Task<Person> Person(string name = "alice", Yard? yard = null)
    {
        yard ??= Yard;
        name = $"{name}{Interlocked.Increment(ref _people)}";
        return new Person(yard, name, $"password of {name}", await yard.User(name));
    }

    /// <summary>The administrator.</summary>
    public Person Admin(Yard? yard = null) => new(yard ?? Yard, "admin", Yard.Password, (yard ?? Yard).Admin);

    /// <summary>A browser's window of nobody's.</summary>
    public async Task<Visitor> Visit(Yard? yard = null) => await Visitor.Open((yard ?? Yard).Address, _browser!);

    /// <summary>A browser's window of somebody's who has signed in.</summary>
    public async Task<Visitor> Visit(Person person)
    {
        var visitor = await Visit(person.Yard);
        await visitor.SignIn(person);
        return visitor;
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "Switchyard.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        return folder;
    }
}
