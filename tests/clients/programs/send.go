// SPDX-FileCopyrightText: 2026 The exordos_mail authors
// SPDX-License-Identifier: Apache-2.0

// Send letters with Go's net/smtp, as its documentation shows; see ../README.md.
package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/smtp"
	"net/textproto"
	"os"
	"strings"
)

type file struct{ Path, Name, Type string }

type letter struct {
	To, Blind     []string
	Subject, Text string
	Files         []file
}

type job struct {
	Host, CA, User, Password, Name string
	Port                           int
	Letters                        []letter
}

// simple says whether smtp.SendMail is enough: it greets as localhost, knows STARTTLS
// only, and gives up when one recipient is refused.
func (todo job) simple() bool {
	return todo.Name == "" && todo.Port != 465 && len(todo.Letters) == 1 &&
		len(todo.Letters[0].To) <= 2 && len(todo.Letters[0].Blind) == 0
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// compose returns the octets of a message: net/smtp sends, and writes nothing itself.
func compose(sender string, one letter) []byte {
	var out bytes.Buffer
	parts := multipart.NewWriter(&out)
	fmt.Fprintf(&out, "From: %s\r\nTo: %s\r\nSubject: %s\r\nMIME-Version: 1.0\r\n",
		sender, strings.Join(one.To, ",\r\n "), mime.QEncoding.Encode("utf-8", one.Subject))
	fmt.Fprintf(&out, "Content-Type: multipart/mixed; boundary=%s\r\n\r\n", parts.Boundary())
	text, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {"text/plain; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	must(err)
	quoted := quotedprintable.NewWriter(text)
	quoted.Write([]byte(one.Text))
	must(quoted.Close())
	for _, attached := range one.Files {
		attach(parts, attached)
	}
	must(parts.Close())
	return out.Bytes()
}

func attach(parts *multipart.Writer, attached file) {
	octets, err := os.ReadFile(attached.Path)
	must(err)
	part, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {attached.Type},
		"Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType("attachment",
			map[string]string{"filename": attached.Name})},
	})
	must(err)
	code := base64.StdEncoding.EncodeToString(octets)
	for len(code) > 76 {
		fmt.Fprintf(part, "%s\r\n", code[:76])
		code = code[76:]
	}
	fmt.Fprintf(part, "%s\r\n", code)
}

func connect(todo job) *smtp.Client {
	address := fmt.Sprintf("%s:%d", todo.Host, todo.Port)
	pem, err := os.ReadFile(todo.CA)
	must(err)
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	settings := &tls.Config{ServerName: todo.Host, RootCAs: trusted}
	var client *smtp.Client
	if todo.Port == 465 {
		connection, err := tls.Dial("tcp", address, settings)
		must(err)
		client, err = smtp.NewClient(connection, todo.Host)
		must(err)
	} else {
		client, err = smtp.Dial(address)
		must(err)
	}
	if todo.Name != "" {
		must(client.Hello(todo.Name))
	}
	if todo.Port != 465 {
		must(client.StartTLS(settings))
	}
	must(client.Auth(smtp.PlainAuth("", todo.User, todo.Password, todo.Host)))
	return client
}

func send(client *smtp.Client, sender string, one letter) {
	must(client.Mail(sender))
	taken := 0
	for _, to := range append(one.Blind, one.To...) {
		if err := client.Rcpt(to); err != nil {
			fmt.Printf("refused\t%s\t%q\n", to, err)
		} else {
			taken++
		}
	}
	if taken == 0 {
		must(client.Reset())
		return
	}
	stream, err := client.Data()
	must(err)
	_, err = stream.Write(compose(sender, one))
	must(err)
	must(stream.Close())
	fmt.Println("sent")
}

func main() {
	var todo job
	octets, err := os.ReadFile(os.Args[1])
	must(err)
	must(json.Unmarshal(octets, &todo))
	if todo.simple() {
		// The one call of the documentation's first example (SSL_CERT_FILE is set).
		one := todo.Letters[0]
		must(smtp.SendMail(fmt.Sprintf("%s:%d", todo.Host, todo.Port),
			smtp.PlainAuth("", todo.User, todo.Password, todo.Host),
			todo.User, one.To, compose(todo.User, one)))
		fmt.Println("sent")
		return
	}
	client := connect(todo)
	for _, one := range todo.Letters {
		send(client, todo.User, one)
	}
	must(client.Quit())
}
